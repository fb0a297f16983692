"""A small service for the agent to look after: what it last loaded can be read from /run/demo.loaded."""

from __future__ import annotations

from colonnade_agent.machine import Resource
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.unit import Unit

# It reads its configuration when it starts and on SIGHUP; it dies at once of one that says "broken".
PROGRAM = b"""#!/bin/sh
load() { value=$(cat /etc/demo/*.conf); echo "loaded $value"; echo "$value" > /run/demo.loaded; }
load; [ "$value" != broken ] || { echo "demo: bad configuration" >&2; exit 3; }
trap load HUP
while :; do sleep 1000 & wait; done
"""
SERVICE = b"""[Service]
Type=exec
ExecStart=/usr/local/bin/demo
ExecReload=/bin/kill -HUP $MAINPID
[Install]
WantedBy=multi-user.target
"""
CONF = "file:/etc/demo/demo.conf"
RESTARTING = Unit("demo", restart_on=(CONF, "file:/usr/local/bin/demo"))
RELOADING = Unit("demo", reload_on=(CONF,))


def desired(value: str, *more: Resource, unit: Unit = RESTARTING) -> tuple[Resource, ...]:
    return (
        Directory("/etc/demo"),
        File("/usr/local/bin/demo", PROGRAM, 0o755),
        File("/etc/demo/demo.conf", value.encode() + b"\n"),
        File("/etc/systemd/system/demo.service", SERVICE),
        unit,
        *more,
    )
