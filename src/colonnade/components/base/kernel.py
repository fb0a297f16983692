"""Which kernel settings does the host of a web site want? A container may be refused any of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYSCTLS: Mapping[str, str] = MappingProxyType(
    {
        # Room for bursts of connections: the kernel cuts the backlog a server asks for to somaxconn.
        "net.core.somaxconn": "4096",
        "net.ipv4.tcp_max_syn_backlog": "4096",
        "net.ipv4.tcp_syncookies": "1",
        # A kept-alive connection between two tiers is not to start slowly again after every pause.
        "net.ipv4.tcp_slow_start_after_idle": "0",
        # RFC 1337: a reset must not end TIME-WAIT early.
        "net.ipv4.tcp_rfc1337": "1",
        # Loose (RFC 3704, 2.4), as there may be two uplinks. The firewall is strict for inside addresses.
        "net.ipv4.conf.all.rp_filter": "2",
        "net.ipv4.conf.default.rp_filter": "2",
        # A host is no router, and no one tells it where to send its packets.
        "net.ipv4.conf.all.accept_redirects": "0",
        "net.ipv4.conf.default.accept_redirects": "0",
        "net.ipv4.conf.all.secure_redirects": "0",
        "net.ipv4.conf.default.secure_redirects": "0",
        "net.ipv4.conf.all.send_redirects": "0",
        "net.ipv4.conf.default.send_redirects": "0",
        "net.ipv4.conf.all.accept_source_route": "0",
        "net.ipv4.conf.default.accept_source_route": "0",
        "net.ipv6.conf.all.accept_redirects": "0",
        "net.ipv6.conf.default.accept_redirects": "0",
        # Memory of a dying program may hold secrets.
        "fs.suid_dumpable": "0",
        "kernel.core_pattern": "|/bin/false",
        "kernel.kptr_restrict": "2",
        "kernel.dmesg_restrict": "1",
        "kernel.yama.ptrace_scope": "1",
        # A database that swaps is slower than one with a smaller cache.
        "vm.swappiness": "10",
    }
)
