"""What may an operator say about an app? The texts of the fields are schema, editor help and manual."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from colonnade.components.app.environment import OWN
from colonnade.errors import DesignError, Problem
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Settings


class AppSettings(Settings):
    source: str = ""
    """The app's folder, relative to the design's; empty means the guestbook that ships with Colonnade."""
    port: int = Field(default=8000, ge=1024, le=65535)
    """The app listens here, on loopback; it is told as `PORT`."""
    health: str = Field(default="/healthz", pattern=r"^/[A-Za-z0-9/._~-]*$")
    """A path that answers with 200 when the app can work. Who answers otherwise gets no requests."""
    private: tuple[Annotated[str, Field(pattern=r"^/[A-Za-z0-9/._~-]+$")], ...] = ("/metrics",)
    """Paths, with all below them, that no user may reach: they get 404."""
    concurrency: int = Field(default=100, ge=1, le=10_000)
    """How many requests the app gets at once on each machine; open WebSockets count. More wait in its sidecar
    for at most five seconds, so that the app always has time to say that it works."""
    static: str | None = Field(default=None, pattern=r"^([A-Za-z0-9_][^\x00]*)?$")
    """A folder of the app whose files anyone may have: web servers get a copy and give them out themselves.
    Without it, the folder `static` where the app has one; empty: none."""
    static_path: str = Field(default="/static/", pattern=r"^/([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)+$")
    """Where users find the files of `static`. What is not among them is asked of the app."""
    env: dict[str, str] = Field(default_factory=dict)
    """Further environment variables. They are written into the design, so no secrets here."""

    @field_validator("env")
    @classmethod
    def usable_names(cls, env: dict[str, str]) -> dict[str, str]:
        for name, value in env.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} is no name for an environment variable")
            if name in OWN:
                raise ValueError(f"{name} is set by Colonnade")
            if "\0" in value:
                raise ValueError(f"{name} holds a zero byte")
        return env

    @model_validator(mode="after")
    def nothing_private_among_the_static(self) -> AppSettings:
        for path in self.private:
            if f"{path}/".startswith(self.static_path):
                raise ValueError(f"{path} is private and {self.static_path} is for anyone")
        return self


def refuse_shared_port(service: Service, settings: AppSettings, design: Design) -> None:
    for other in design.services.values():
        shared = sorted(set(service.members) & set(other.members))
        if other.name == service.name or not shared or not isinstance(other.settings, AppSettings):
            continue
        if other.settings.port == settings.port:
            message = f"{other.name} and {service.name} both listen on port {settings.port} of {shared[0]}"
            place = service.position
            raise DesignError(
                design.path, [Problem(place.line, place.column, message, "give one of them another `port`")]
            )
