"""The JSON Schema of `site.yaml`, for editors. Asked by the verb `schema`."""

from __future__ import annotations

from typing import Any

from colonnade.model.design import UPLINKS
from colonnade.model.kinds import Kind, Kinds
from colonnade.model.names import MACHINE_LENGTH
from colonnade.model.review_notes import FACT_KINDS, FAILURES, HOURS, RULE

NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": MACHINE_LENGTH}
HELP = {
    "site": "The DNS name that users type.",
    "uplinks": "The site's lines to the Internet, which all its doors are on. A lab has a and b.",
    "witnesses": "IPv4 addresses far outside that answer DNS: they tell which of two uplinks is dead.",
    "services": "What the site is made of, by name.",
    "machines": "Machines that exist. Left out: a lab on this computer makes them.",
    "external": "Programs that services use and Colonnade does not run.",
    "facts": "What else is known of the site; review reads it.",
    "silence": "Rules of review that you do not want to hear of, why, and until when.",
    "assumptions": "How often things fail and for how long; what is left out has figures of ours.",
}
NOTES = {"^x-": {"description": "Your own notes; ignored."}}


def json_schema(kinds: Kinds) -> dict[str, Any]:
    """JSON Schema 2020-12. The settings of a service depend on its kind."""
    definitions: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {
        "site": {"type": "string", "format": "hostname"},
        "uplinks": uplinks(),
        "witnesses": {"type": "array", "items": {"type": "string", "format": "ipv4"}, "default": []},
        "services": named(service(kinds, definitions)) | {"minProperties": 1},
        "machines": named(machine()),
        "external": named(external()),
        "facts": {"type": "array", "items": fact()},
        "silence": {"type": "array", "items": silence()},
        "assumptions": assumptions(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A site of Colonnade",
        "$defs": definitions,
        **closed({name: {**section, "description": HELP[name]} for name, section in sections.items()}),
        "required": ["site", "services"],
    }


def uplinks() -> dict[str, Any]:
    return {"type": "array", "items": NAME, "minItems": 1, "uniqueItems": True, "default": [*UPLINKS]}


def service(kinds: Kinds, definitions: dict[str, Any]) -> dict[str, Any]:
    drawn = [kind for kind in kinds.values() if kind.in_yaml]
    names = "; ".join(f"{k.name}: {k.title}" for k in drawn)
    return {
        "type": "object",
        "description": "One tier of the site: the same program on one or more machines.",
        "properties": {"kind": {"enum": [k.name for k in drawn], "description": names}},
        "required": ["kind", "machines"],
        "allOf": [case(kind, definitions) for kind in drawn],
    }


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": NOTES,
        "additionalProperties": False,
    }


def named(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "propertyNames": {"type": "string"},
        "patternProperties": NOTES,
        "additionalProperties": entry,
    }


def strings(description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": description}


def case(kind: Kind, definitions: dict[str, Any]) -> dict[str, Any]:
    """If a service is of this kind, then it has these settings and no others."""
    settings = kind.settings.model_json_schema(ref_template=f"#/$defs/{kind.name}.{{model}}")
    definitions.update({f"{kind.name}.{name}": value for name, value in settings.pop("$defs", {}).items()})
    pairs = {"type": "object", "additionalProperties": strings("The machines it may reach.")}
    properties = {
        "kind": {"const": kind.name, "description": kind.title},
        "machines": {"type": "array", "items": NAME, "minItems": 1, "description": machines_help(kind)},
        "to": {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "additionalProperties": pairs, "minProperties": 1},
                ]
            },
            "description": (
                "The services it uses; with {service: {web1: [app1]}} only these machines use one another."
            ),
        },
        "public": {
            "type": "boolean",
            "description": "Whether users arrive here; by default at a door that no service leads to.",
        },
        **settings.get("properties", {}),
    }
    needed = {"required": settings["required"]} if settings.get("required") else {}
    return {
        "if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]},
        "then": {**closed(properties), **needed},
    }


def machines_help(kind: Kind) -> str:
    return "The machines it runs on" + (
        "; the first is the primary, the others are its replicas." if kind.replicated else "."
    )


def machine() -> dict[str, Any]:
    return closed(
        {
            "address": {"type": "string", "description": "Its IP address or host name."},
            "user": {"type": "string", "default": "root", "description": "Whom to log in as over SSH."},
            "port": {
                "type": "integer",
                "minimum": 1,
                "maximum": 65535,
                "default": 22,
                "description": "The port of its SSH server.",
            },
        }
    )


def external() -> dict[str, Any]:
    return {
        **closed({"what": {"type": "string", "description": "The program: Redis, a CDN."}}),
        "required": ["what"],
    }


def fact() -> dict[str, Any]:
    properties = {
        "kind": {"enum": list(FACT_KINDS)},
        "text": {"type": "string", "description": "As it was written on the drawing."},
        "about": {"type": "array", "items": {"type": "string"}, "description": "The services it is about."},
    }
    return {**closed(properties), "required": ["kind"]}


def silence() -> dict[str, Any]:
    properties = {
        "rule": {"type": "string", "pattern": f"^{RULE.pattern}$", "description": "The rule's id."},
        "reason": {"type": "string", "minLength": 1, "description": "Why, for those who read this later."},
        "until": {"type": "string", "format": "date", "description": "The last day it holds."},
    }
    return {**closed(properties), "required": [*properties]}


def assumptions() -> dict[str, Any]:
    about = {"mtbf": "Mean hours between two failures.", "mttr": "Mean hours until it works again."}
    hours = {key: {"type": "number", "exclusiveMinimum": 0, "description": about[key]} for key in HOURS}
    return closed({name: {**closed(hours), "required": [*HOURS]} for name in FAILURES})
