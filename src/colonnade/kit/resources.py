"""The words a room describes a machine with. Each kind (desired, observed, fix) is defined once, in the
agent.
"""

from __future__ import annotations

from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.package import Package
from colonnade_agent.resources.symlink import Symlink
from colonnade_agent.resources.sysctl import Sysctl
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.resources.user import User

Resource = Command | Directory | File | Package | Symlink | Sysctl | Tree | Unit | User

__all__ = ["Command", "Directory", "File", "Package", "Resource", "Symlink", "Sysctl", "Tree", "Unit", "User"]
