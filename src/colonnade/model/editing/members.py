"""New members on a drawing, each beside the last one of its service. Asked by `drawing`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from colonnade.model.design import Position, Service
from colonnade.model.editing.lines import Lines, Unusual
from colonnade.model.editing.naming import following, new_id, new_label
from colonnade.model.kinds import Kinds
from colonnade.model.mermaid.ast import Group
from colonnade.model.mermaid.statements import END, FLOW, OTHER, SUBGRAPH, Mention, Statement
from colonnade.model.reading.outline import Outline
from colonnade.model.reading.words import SEGMENT, bare

STEP = "    "


@dataclass
class NewMember:
    """Draws `machine` into `service`, which has its other members on the drawing already."""

    lines: Lines
    outline: Outline
    kinds: Kinds
    service: Service
    machine: str

    def __post_init__(self) -> None:
        self.kind = self.kinds[self.service.kind]
        self.old = self.service.members[self.service.members.index(self.machine) - 1]
        self.beside = self.outline.nodes.get((self.service.name, self.old), "")
        if not self.beside:
            raise Unusual(self.old)
        self.own = self.old not in self.outline.machines and self.machine not in self.outline.machines
        self.id = new_id(self.beside, self.machine, self.outline.used, own=self.own)
        self.shaped = False

    def draw(self) -> None:
        if self.own:
            self.beside_its_like()
        else:
            self.on_its_machine()
        for statement in self.outline.statements:
            if statement.sort == FLOW and statement.arrows and not self.kind.replicated:
                self.into(statement)
            elif statement.sort == OTHER:
                self.style(statement)
        if self.kind.replicated:
            first = self.outline.nodes[self.service.name, self.service.members[0]]
            self.at_end(f"{first} -->|replication| {self.id}")

    # the node

    def beside_its_like(self) -> None:
        """A line of its own, unless the other one stands in an arrow; there `into` writes it."""
        found = self.written()
        if found and (not found[0].arrows or self.kind.replicated):
            statement, mention = found
            self.lines.add(statement.end.line, self.indent(statement) + self.node(mention))
            self.shaped = True

    def written(self) -> tuple[Statement, Mention] | None:
        """Where the other one's label is written, else where it first stands."""
        all_ = [
            (statement, mention)
            for statement in self.outline.statements
            for side in statement.sides
            for mention in side
            if mention.id == self.beside and self.joins(statement)
        ]
        return next((found for found in all_ if found[1].shaped), all_[0] if all_ else None)

    def node(self, mention: Mention) -> str:
        """The other one's text with id and label of the new one."""
        source = self.lines.slice(mention.start, mention.end)[len(mention.id) :]
        if not mention.label:
            return self.id + source
        label = new_label(mention.label, self.old if self.own else "", self.machine, self.kind, self.kinds)
        return self.id + source.replace(mention.label, label, 1)

    def on_its_machine(self) -> None:
        """Inside the subgraph of its machine; where there is none, it is made beside the other one's."""
        all_ = [(s, m) for s in self.outline.statements for side in s.sides for m in side]
        mentions = [m for _, m in all_ if m.id == self.beside]
        node = self.node(next((m for m in mentions if m.shaped), mentions[0]))
        self.shaped = True
        if group := self.outline.machines.get(self.machine):
            end = self.end_of(group)
            self.lines.add(end.start.line - 1, self.lines.indent(end.start.line) + STEP + node)
            return
        model = self.outline.machines[self.old]
        end = self.end_of(model)
        indent = self.lines.indent(end.start.line)
        self.lines.add(end.start.line, indent + self.heading(model), f"{indent}{STEP}{node}", f"{indent}end")

    def heading(self, model: Group) -> str:
        said = SEGMENT.findall(bare(model.title))
        title = following(said[0].strip() if said else model.title, self.machine)
        id_ = new_id(model.id if model.named else "", self.machine, self.outline.used, own=True)
        return f"subgraph {id_}" if model.title == model.id else f'subgraph {id_} ["{title}"]'

    def end_of(self, group: Group) -> Statement:
        depth = 0
        for statement in self.outline.statements:
            if statement.start < group.position:
                continue
            depth += {SUBGRAPH: 1, END: -1}.get(statement.sort, 0)
            if not depth:
                return statement
        raise AssertionError(f"the subgraph {group.id} has no end")

    # arrows and looks

    def joins(self, statement: Statement) -> bool:
        """Whether a node named in this statement stands in the same subgraph as the other one, or in none."""
        return statement.inside is None or (self.own and statement.inside == self.around)

    @property
    def around(self) -> Position | None:
        return next((g.position for g in self.outline.drawing.around(self.beside)), None)

    def into(self, statement: Statement) -> None:
        """`& new` wherever the other one has an arrow."""
        for side in statement.sides if self.joins(statement) else ():
            for mention in side:
                if mention.id == self.beside:
                    new = self.node(mention) if mention.shaped and not self.shaped else self.id
                    self.shaped = self.shaped or mention.shaped
                    self.lines.insert(mention.end, f" & {new}")

    def style(self, statement: Statement) -> None:
        """`style web1 …` and `class web1 …` hold for the new one too."""
        if found := re.match(rf"style\s+{re.escape(self.beside)}(?=\s)", statement.text):
            text = f"style {self.id}{statement.text[found.end() :]}"
            self.lines.add(statement.end.line, self.indent(statement) + text)
        elif found := re.match(rf"class\s+(?:[^\s,]+,)*{re.escape(self.beside)}(?=[,\s])", statement.text):
            at = Position(statement.start.line, statement.start.column + found.end())
            self.lines.insert(at, f",{self.id}")

    def at_end(self, text: str) -> None:
        add_at_end(self.lines, self.outline, text)

    def indent(self, statement: Statement) -> str:
        return self.lines.indent(statement.start.line)


def add_at_end(lines: Lines, outline: Outline, text: str) -> None:
    """Below the last arrow that stands in no subgraph."""
    flows = [s for s in outline.statements if s.inside is None and s.sort == FLOW]
    ends = [s for s in outline.statements if s.inside is None and s.sort == END]
    last = max((*flows, *ends), key=lambda s: s.end)
    lines.add(last.end.line, lines.indent(last.start.line) + text)
