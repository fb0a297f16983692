"""Which faults are set? Noted before they are, so that whoever comes after a killed run can heal them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from colonnade.drill.action import Action, from_json
from colonnade.drill.field import Field, Tell
from colonnade.errors import ColonnadeError, StateError
from colonnade.kit.material import Store


@dataclass(frozen=True)
class Notes:
    """Kept in `store`, the folder beside the design, for each `lab` by itself."""

    store: Store
    lab: str

    @property
    def name(self) -> str:
        return f"drills/faults-set-in-{self.lab}.json"

    def forget(self) -> None:
        if self.store.get(self.name):
            self.write(())

    def write(self, heals: tuple[Action, ...]) -> None:
        self.store.put(self.name, json.dumps([action.as_json() for action in heals]).encode())

    def read(self) -> tuple[Action, ...]:
        """What is still to be done. Raises StateError for a file that can't be understood."""
        text = self.store.get(self.name)
        if not text:
            return ()
        try:
            return tuple(from_json(each) for each in json.loads(text))
        except (ValueError, TypeError, KeyError) as error:
            hint = "heal the site yourself (colonnade lab heal all, lab start all, up), then remove the file"
            raise StateError("it does not say which faults are set", where=self.name, hint=hint) from error

    def heal(self, field: Field, tell: Tell) -> bool:
        """Whether there was anything to heal. One that can't be healed does not keep the others from it; the
        note then stays.
        """
        left = self.read()
        errors = []
        for action in left:
            tell(str(action))
            try:
                field.do(action)
            except ColonnadeError as error:
                errors.append(error)
        if errors:
            hint = "mend what keeps it from that; the next `colonnade drill` tries again"
            raise ColonnadeError("\n".join(str(e) for e in errors), where="healing", hint=hint)
        if left:
            self.write(())
        return bool(left)
