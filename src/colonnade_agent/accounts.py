"""Names of users and groups to numbers and back, as this machine's databases say now."""

from __future__ import annotations

import grp
import os
import pwd

from colonnade_agent.failure import failed


def owner_of(stat: os.stat_result) -> tuple[str, str]:
    """Owner and group by name; a number without a name is that number."""
    return _name_of_user(stat.st_uid), _name_of_group(stat.st_gid)


def ids_of(owner: str, group: str, resource: str) -> tuple[int, int]:
    try:
        return pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise failed("owner", f"no such user or group here: {error}", resource) from error


def _name_of_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _name_of_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
