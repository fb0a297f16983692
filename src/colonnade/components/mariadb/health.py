"""What a database member says of itself, and what to make of it. Asked by the room's check."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from colonnade.components.mariadb.replication import Role
from colonnade.kit.checks import Answer, Health

QUERY = """
SELECT JSON_OBJECT(
  'read_only', IF(@@GLOBAL.read_only, 1, 0),
  'semi_sync', (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_MASTER_STATUS'),
  'clients', (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_MASTER_CLIENTS'),
  'follows', (SELECT JSON_OBJECT(
      'host', Master_Host, 'io', Slave_IO_Running, 'sql', Slave_SQL_Running, 'behind', Seconds_Behind_Master,
      'gtid', Using_Gtid, 'tls', Master_SSL_Allowed, 'verified', Master_SSL_Verify_Server_Cert,
      'error', IF(Last_SQL_Error <> '', Last_SQL_Error, Last_IO_Error))
    FROM information_schema.SLAVE_STATUS WHERE Connection_name = ''));
"""
"""Prints one line of JSON."""


def read_health(designed: Role, replicas: int) -> Callable[[Answer], Health]:
    """`replicas` is how many the design gives the primary."""

    def read(answer: Answer) -> Health:
        if answer.exit != 0:
            lines = answer.stderr.strip().splitlines()
            return Health(False, lines[-1] if lines else f"the client ended with {answer.exit}")
        facts = json.loads(answer.stdout)
        played = Role.REPLICA if facts["follows"] or facts["read_only"] else Role.PRIMARY
        if played is not designed:
            return Health(False, f"plays {played}, but is {designed} in the design", played)
        if played is Role.PRIMARY:
            return Health(True, _primary(facts, replicas), played)
        return _replica(facts["follows"], read_only=bool(facts["read_only"]))

    return read


def _primary(facts: Mapping[str, Any], replicas: int) -> str:
    clients = int(facts["clients"])
    if not replicas:
        return "primary, no replica"
    if facts["semi_sync"] != "ON" or not clients:
        return f"primary, none of {replicas} {_noun(replicas)} in semi-sync: commits do not wait"
    return f"primary, {clients} {_noun(clients)} in semi-sync"


def _noun(count: int) -> str:
    return "replica" if count == 1 else "replicas"


def _replica(follows: Mapping[str, Any] | None, *, read_only: bool) -> Health:
    if follows is None:
        return Health(False, "read-only, but follows no one", Role.REPLICA)
    if not read_only:
        return Health(False, f"follows {follows['host']}, but is writable", Role.REPLICA)
    if (follows["io"], follows["sql"]) != ("Yes", "Yes"):
        stopped = "applying" if follows["sql"] != "Yes" else "receiving"
        why = follows["error"] or "no error given"
        return Health(False, f"{stopped} from {follows['host']} has stopped: {why}", Role.REPLICA)
    if (follows["gtid"], follows["tls"], follows["verified"]) != ("Slave_Pos", "Yes", "Yes"):
        return Health(False, f"follows {follows['host']} without GTID or verified TLS", Role.REPLICA)
    detail = f"replica of {follows['host']}, {_behind(follows['behind'])}, GTID, TLS"
    return Health(True, detail, Role.REPLICA)


def _behind(seconds: int | None) -> str:
    return "lag unknown" if seconds is None else f"{seconds} s behind"
