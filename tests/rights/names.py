"""How plans call people and rights, and what of it means the same row.

Plans speak in keys (`acme/jane`, `service certified`), the oracle in ids of rows. A rename gives
one row two keys, so a name stands for every row that was called so before or is called so after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveContact, LiveState
from tests.builders import OWNER


def person(state: LiveState, row: LiveContact) -> str:
    """`customer/key`, or `customer/address` for people whom nobody manages here."""
    home = state.customers[row.customer_id]
    customer = home.external_key if home.owner == OWNER and home.external_key else home.name
    return f"{customer}/{row.external_key if row.owner == OWNER and row.external_key else row.email}"


@dataclass(frozen=True)
class Names:
    """The names of people and services in some states, the first to the last."""

    people: dict[str, set[str]] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    last_code: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, states: Iterable[LiveState], tree: DesiredState | None = None) -> Names:
        """The names in these states, and those that renames in the files would give.

        A rename that is held back or in conflict names people and services as the files do all the same.
        """
        names = cls()
        states = list(states)
        for state in states:
            for row in state.contacts.values():
                names.people.setdefault(row.id, set()).add(person(state, row))
            for id, service in state.services.items():
                code = str(service.fields["code"])
                names.services.setdefault(code, id)
                names.last_code[id] = code
        if tree is not None:
            living = {person(states[0], row) for row in states[0].contacts.values() if row.living}
            names.follow(tree, living)
        return names

    def follow(self, tree: DesiredState, living: Collection[str] = ()) -> None:
        """Take up the names that renames in the files would give.

        `living`: the names before. A file whose own key somebody has renames nobody else.
        """
        for service in (tree.services or {}).values():
            for key in service.previously:
                if key in self.services:
                    self.services.setdefault(service.key, self.services[key])
        for home in tree.customers.values():
            for called in self.people.values():
                for key in home.previously:
                    called |= {f"{home.key}/{n.partition('/')[2]}" for n in called if n.startswith(f"{key}/")}
                for contact in home.contacts.values():
                    if f"{home.key}/{contact.key}" in living:
                        continue
                    if any(f"{home.key}/{key}" in called for key in contact.previously):
                        called.add(f"{home.key}/{contact.key}")

    def rows(self, name: str, among: Iterable[str]) -> list[str]:
        """The ids, of these, of the people that are called so."""
        return [id for id in among if name in self.people.get(id, ())]

    def right(self, text: str) -> str:
        """A right as a plan calls it, as the oracle calls it; an unknown service stays as it is."""
        kind, _, key = text.partition(" ")
        return f"service {self.services.get(key, key)}" if kind == "service" else text

    def words(self, rights: Iterable[str]) -> list[str]:
        """The oracle's rights in the plan's words, sorted."""
        return sorted(
            f"service {self.last_code.get(right.removeprefix('service '), right)}"
            if right.startswith("service ")
            else right
            for right in rights
        )
