"""Is what visitors see as it should be? Pure; asked before a drill and after it."""

from __future__ import annotations

from colonnade.drill.visits import Visits

FRESH = 0.5
"""Seconds within which every probed address must have answered."""


def amiss(visits: Visits, now: float, seconds: float, addresses: tuple[str, ...]) -> str:
    """What was not as it should be in the last `seconds`; empty when all was well."""
    if visits.whole:
        return "the client has ended"
    since = now - seconds
    first = min((r.begun for r in visits.requests), default=now)
    if visits.writes is None or first > since:
        return "the client has only just begun"
    recent = [r for r in visits.requests if r.ended is not None and r.ended >= since]
    for request in recent:
        if request.failed or request.unknown:
            what = request.error or f"status {request.status}"
            return f"{request.kind} of {request.path}{_at(request.address)}: {what}"
    answered = {r.address for r in recent if r.probe and r.good and (r.ended or 0) >= now - FRESH}
    silent = [a for a in addresses if a not in answered]
    if silent:
        return f"no answer from {', '.join(silent)}"
    if not any(r.good for r in recent if not r.probe):
        return "no answer by name"
    return ""


def _at(address: str) -> str:
    return f" at {address}" if address else ""
