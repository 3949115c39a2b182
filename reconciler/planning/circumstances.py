"""One customer while it is planned: its match, its people's matches, and what its rules may ask.

Comes out of `matching`; `standings` says what becomes of the people, `contacts` and `customers` make
the changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.desired import DesiredState, Farewell
from reconciler.model.live import LiveContact
from reconciler.model.roles import Role
from reconciler.model.values import ALL, FieldChange, Fields, Value, as_set
from reconciler.planning.index import Index
from reconciler.planning.matching import ContactMatch, CustomerMatch, How
from reconciler.planning.powers import role_moves, service_moves
from reconciler.planning.threeway import Compared, compare, settled

SILENT_LANGUAGE = "en"
"""What the portal speaks to a customer that has no language (A)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact's match with its comparison; what `revert` takes back stands among the changes."""

    match: ContactMatch
    compared: Compared = field(default_factory=Compared)

    @property
    def key(self) -> str:
        if self.match.desired:
            return self.match.desired.key
        return (self.match.live.external_key if self.match.live else None) or ""

    @property
    def fields_after(self) -> Fields:
        """What the portal will show of her when her changes are carried out."""
        live = self.match.live.fields if self.match.live else {}
        if self.match.desired is not None and self.match.how in {How.CREATED, How.APPROVED, How.RESTORED}:
            return {**live, **self.match.desired.fields}
        if self.compared.conflicts:
            return live
        return {**live, **{change.name: change.after for change in self.compared.changes}}


@dataclass(slots=True)
class Case:
    """A customer being planned: everything its rules may ask.

    `contested`: registrations that several files name.
    """

    desired: DesiredState
    index: Index
    customer: CustomerMatch
    contested: frozenset[str] = frozenset()
    people: list[Person] = field(default_factory=list)
    _keys: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    """Of the people, by the ids of their rows; made when first asked for."""

    @property
    def key(self) -> str:
        return self.customer.key

    @property
    def farewells(self) -> Mapping[str, Farewell]:
        return self.customer.desired.farewells if self.customer.desired else {}

    @property
    def heir(self) -> str | None:
        if self.customer.desired and "heir" in self.customer.desired.fields:
            return self.customer.desired.heir
        value = self.remembered.get("heir")
        return value if isinstance(value, str) else None

    @property
    def released(self) -> bool:
        """Whether the file ends the managing of this customer."""
        return self.customer.desired is not None and self.customer.desired.release

    @property
    def remembered(self) -> Fields:
        live = self.customer.live
        return live.applied.fields if live and live.applied else {}

    @property
    def language(self) -> str:
        """Of people who have none of their own."""
        for fields in (
            self.customer.desired and self.customer.desired.fields,
            self.customer.live and self.customer.live.fields,
        ):
            if fields and isinstance(fields.get("language"), str):
                return str(fields["language"])
        return SILENT_LANGUAGE

    @property
    def offered(self) -> tuple[str, ...]:
        """The services that `all` stands for at this customer, after the plan."""
        desired = self.customer.desired.fields if self.customer.desired else {}
        live = self.customer.live.fields if self.customer.live else {}
        value = self.with_common(desired.get("services", live.get("services", ALL)))
        if isinstance(value, tuple):
            return value
        if self.desired.services is not None:
            return tuple(sorted(self.desired.services))
        return tuple(sorted(str(service.fields["code"]) for service in self.index.live.services.values()))

    def with_common(self, services: Value) -> Value:
        """A customer's list of services with those that every customer may order."""
        return as_set({*services, *self._for_everybody()}) if isinstance(services, tuple) else services

    def _for_everybody(self) -> set[str]:
        """The services that every customer may order, whatever its own list says."""
        if self.desired.services is not None:
            return {key for key, one in self.desired.services.items() if one.fields.get("available_to_all")}
        rows = self.index.live.services.values()
        return {str(row.fields["code"]) for row in rows if row.fields.get("available_to_all")}

    def reverts(self) -> bool:
        """Whether git wins over edits made in the portal here; without a folder, what it said last."""
        own = (self.customer.desired.fields if self.customer.desired else self.remembered).get("portal_edits")
        return (own or self.desired.policy.portal_edits) == "revert"

    def called(self, row: LiveContact) -> str:
        """How the plan calls a live contact of this customer: by the keys that both have after it."""
        if not self._keys:
            self._keys = {one.match.live.id: one.key for one in self.people if one.match.live}
        known = self._keys.get(row.id) or (row.external_key if self.index.manages(row) else row.email)
        return f"{self.key}/{known}"


def person(case: Case, match: ContactMatch) -> Person:
    """The match with its fields compared, where there is something on both sides.

    Where git wins, an edit becomes a change back, except one that would give back access or power
    which somebody took away in the portal. Nothing is taken back from somebody who is not there.
    """
    if match.desired is None or match.live is None:
        return Person(match)
    compared = compare(match.desired.fields, match.live.fields, match.base, match.live.touched)
    if case.reverts() and match.how is not How.AWAY:
        compared = settled(compared, [edit for edit in compared.edits if not _empowers(case, edit)])
    return Person(match, compared)


def _empowers(case: Case, edit: FieldChange) -> bool:
    """Whether going back to the file's value (`before`) gives access or power."""
    if edit.name == "role":
        return bool(role_moves(Role(str(edit.after)), Role(str(edit.before)))[1])
    if edit.name == "services":
        return bool(service_moves(edit.after, edit.before, case.offered)[1])
    return edit.name in {"email", "protected"}


def restored_elsewhere(case: Case, one: Person) -> bool:
    """Whether somebody brought a person back whom we had removed, and the files did not move since."""
    live, base = one.match.live, one.match.base
    gone = case.farewells.get(one.key)
    return (
        one.match.how is How.GONE
        and live is not None
        and live.living
        and base is not None
        and not base.present
        and not case.reverts()
        and not (gone is not None and gone.keep)
    )


def spoken(case: Case, fields: Fields) -> str:
    """The language that a person reads."""
    own = fields.get("language")
    return own if isinstance(own, str) else case.language
