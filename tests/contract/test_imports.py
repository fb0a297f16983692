"""What no import graph sees: dynamic imports, and an agent that runs where only the standard library is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from tests.contract.sources import SOURCE, imported_modules, python_files, shown, tree

CATALOG = (SOURCE / "colonnade" / "catalog.py", SOURCE / "colonnade" / "catalog")
LOADERS = {
    "__import__",
    "eval",
    "exec",
    "exec_module",
    "import_module",
    "load_module",
    "spec_from_file_location",
}
LOADING_MODULES = {"pkgutil", "runpy", "importlib.util", "importlib.machinery"}

# In the standard library of 3.11 and gone in 3.13 (PEP 594 and the "Removed" lists of 3.12 and 3.13).
GONE_BY_3_13 = set(
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis "  # noqa: SIM905
    "nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib".split()
)


# Its client is pure Python, and is packed with the steward.
CARRIED = {SOURCE / "colonnade_agent" / "steward" / "mariadb": {"pymysql"}}


def test_the_agent_needs_nothing_but_the_standard_library_and_what_it_carries() -> None:
    allowed = (set(sys.stdlib_module_names) - GONE_BY_3_13) | {"colonnade_agent"}
    strangers = [
        f"{shown(path)}:{line} imports {module}"
        for path in python_files(tests=False)
        if path.is_relative_to(SOURCE / "colonnade_agent")
        for line, module in imported_modules(path)
        if module.split(".")[0] not in allowed | CARRIED.get(path.parent, set())
    ]
    assert not strangers


def test_only_the_catalog_imports_dynamically() -> None:
    offenders = [
        f"{shown(path)}:{line} uses {name}"
        for path in python_files(tests=False)
        if path.is_relative_to(SOURCE) and not any(path.is_relative_to(place) for place in CATALOG)
        for line, name in dynamic_imports(path)
    ]
    assert not offenders


def dynamic_imports(path: Path) -> list[tuple[int, str]]:
    modules = [(line, module) for line, module in imported_modules(path) if module in LOADING_MODULES]
    imported = [
        (node.lineno, alias.name)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in LOADERS or f"{node.module}.{alias.name}" in LOADING_MODULES
    ]
    called = [
        (node.lineno, name)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and (name := called_name(node)) in LOADERS
    ]
    return modules + imported + called


def called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
