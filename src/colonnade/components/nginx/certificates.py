"""Which certificates a web server needs. Asked by the room in both passes."""

from __future__ import annotations

from colonnade.components.nginx.watch import USER
from colonnade.kit.claims import CertificateNeed
from colonnade.model.design import Design, Service


def member_certificate(service: Service, machine: str) -> CertificateNeed:
    """What it shows the door and the app servers, and its watch the latter."""
    return CertificateNeed(
        id=f"{service.name}-{machine}",
        common_name=machine,
        unit=service.name,
        machines=(machine,),
        names=(machine, f"{service.name}.internal"),
        addresses_of=(machine,),
        reader=USER,
    )


def door_certificate(design: Design) -> CertificateNeed:
    """All doors share it, so each states the same machines."""
    machines = tuple(dict.fromkeys(m for door in design.doors for m in door.members))
    return CertificateNeed(
        "door", common_name=design.site, unit="door", machines=machines, names=(design.site,)
    )
