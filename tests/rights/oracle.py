"""The oracle: who has which right in a portal, computed from its rows by SQL.

The oracle shares nothing with the planner. It imports no module that decides about rights: the
roles, the statuses and the rule for services are written down here a second time, as SQL tables and
conditions. Two sources feed the same statement: live states of the model (`Oracle`, for hundreds of
thousands of states) and the database of the reference portal (`rights_in_database`).

A right is a text: `access`, a capability, `ordering`, or `service ID` with the id of the service's
*row*, so that renaming a service changes no right. `names.py` turns ids into the keys that plans
show.

A person's rights depend on their own row, their customer's row and the catalogue of services, and
on nothing else. So the oracle asks SQLite about each distinct combination of the three once, many
combinations per statement, and remembers the answer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.model.live import LiveState


@dataclass(frozen=True, slots=True)
class Rights:
    """One person's rights in one state.

    `now`: what they may do today; losses are judged on it. `once_active`: what they may do as soon
    as they have activated their access; gains are judged on it, so that newcomers' rights are
    visible.
    """

    now: frozenset[str] = frozenset()
    once_active: frozenset[str] = frozenset()


NONE: Final = Rights()
RightsById: TypeAlias = Mapping[str, Rights]
"""The rights of everybody who has any, by the id of the contact's row."""

_Service: TypeAlias = tuple[str, str, bool]
_Catalogue: TypeAlias = tuple[_Service, ...]
_Customer: TypeAlias = tuple[bool, Any, Any]
_Combination: TypeAlias = tuple[str, str, Any, _Customer, _Catalogue]

_TABLES: Final = """
CREATE TABLE person (
  nr, catalogue, status, role, own_list, customer_active, customer_list, project_managers
);
CREATE TABLE service (catalogue, id, code, everybody);
CREATE INDEX service_of ON service (catalogue);
"""

_DATABASE: Final = """
person (
  nr, catalogue, status, role, own_list, customer_active, customer_list, project_managers
) AS (
  SELECT contacts.id, 0, contacts.status, contacts.role, contacts.services,
         customers.status = 'active', customers.services, customers.project_managers
  FROM contacts JOIN customers ON customers.id = contacts.customer
),
service (catalogue, id, code, everybody) AS (SELECT 0, id, code, available_to_all FROM services),
"""

_RIGHTS: Final = """
living (status, now) AS (VALUES ('active', 1), ('invited', 0), ('link_expired', 0)),
capability (role, words) AS (VALUES
  ('requester', 'send requests'), ('requester', 'accept quotes'),
  ('observer', 'see all requests'),
  ('manager', 'send requests'), ('manager', 'accept quotes'),
  ('manager', 'see all requests'), ('manager', 'manage the team')
),
orderer (role) AS (VALUES ('requester'), ('manager')),
acting AS (SELECT person.*, living.now FROM person JOIN living USING (status) WHERE customer_active)
SELECT nr, now, 'access' FROM acting
UNION ALL SELECT nr, now, words FROM acting JOIN capability USING (role)
UNION ALL SELECT nr, now, 'ordering' FROM acting JOIN orderer USING (role)
  WHERE json_array_length(project_managers) > 0
UNION ALL SELECT nr, now, 'service ' || service.id
  FROM acting JOIN orderer USING (role) JOIN service USING (catalogue)
  WHERE (
    coalesce(json_type(own_list), 'null') = 'null' OR own_list = '"all"'
    OR EXISTS (SELECT 1 FROM json_each(own_list) WHERE value = code)
  ) AND (
    everybody OR coalesce(json_type(customer_list), 'null') = 'null' OR customer_list = '"all"'
    OR EXISTS (SELECT 1 FROM json_each(customer_list) WHERE value = code)
  )
"""


class Oracle:
    """Answers for live states, and remembers every combination of rows that it has seen."""

    def __init__(self) -> None:
        self._known: dict[_Combination, Rights] = {}
        self._catalogues: dict[_Catalogue, int] = {}
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.executescript(_TABLES)

    def rights(self, states: Iterable[LiveState]) -> list[RightsById]:
        """Everybody's rights in each state, in the states' order."""
        combinations = [_combinations(state) for state in states]
        distinct = {one for people in combinations for one in people.values()}
        self._ask([one for one in distinct if one not in self._known])
        return [
            {id: found for id, one in people.items() if (found := self._known[one]) != NONE} for people in combinations
        ]

    def _ask(self, combinations: Sequence[_Combination]) -> None:
        """Look up the combinations in one statement."""
        if not combinations:
            return
        rows = [self._row(number, one) for number, one in enumerate(combinations)]
        self._database.execute("DELETE FROM person")
        self._database.executemany("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        found = _collected(self._database.execute(f"WITH {_RIGHTS}"))
        self._known |= {one: found.get(number, NONE) for number, one in enumerate(combinations)}

    def _row(self, number: int, combination: _Combination) -> tuple[Any, ...]:
        status, role, own, (active, listed, managers), catalogue = combination
        own_list, customer_list, project_managers = (json.dumps(value) for value in (own, listed, managers))
        number_of = self._number(catalogue)
        return (number, number_of, status, role, own_list, active, customer_list, project_managers)

    def _number(self, catalogue: _Catalogue) -> int:
        if catalogue not in self._catalogues:
            number = self._catalogues[catalogue] = len(self._catalogues)
            rows = [(number, *service) for service in catalogue]
            self._database.executemany("INSERT INTO service VALUES (?, ?, ?, ?)", rows)
        return self._catalogues[catalogue]


def rights_in_database(connection: sqlite3.Connection) -> RightsById:
    """Everybody's rights in the database of a reference portal."""
    return _collected(connection.execute(f"WITH {_DATABASE} {_RIGHTS}"))


def _combinations(state: LiveState) -> dict[str, _Combination]:
    """What each contact's rights depend on, by the id of the contact's row."""
    catalogue = tuple(
        sorted(
            (id, str(row.fields["code"]), bool(row.fields.get("available_to_all")))
            for id, row in state.services.items()
        )
    )
    homes = {
        id: (not row.archived, row.fields.get("services"), row.fields.get("project_managers") or ())
        for id, row in state.customers.items()
    }
    return {
        id: (
            row.status.value,
            str(row.fields["role"]),
            row.fields.get("services"),
            homes[row.customer_id],
            catalogue,
        )
        for id, row in state.contacts.items()
    }


def _collected(rows: Iterable[tuple[Any, int, str]]) -> dict[Any, Rights]:
    """The rights by person; `now` of a row says whether the person has it already."""
    now: dict[Any, set[str]] = {}
    once_active: dict[Any, set[str]] = {}
    for person, active, right in rows:
        once_active.setdefault(person, set()).add(right)
        if active:
            now.setdefault(person, set()).add(right)
    return {person: Rights(frozenset(now.get(person, ())), frozenset(rights)) for person, rights in once_active.items()}
