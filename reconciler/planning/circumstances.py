"""One customer while it is planned: its match, its people's matches, and what they will be after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.changes import ObjectRef
from reconciler.model.desired import DesiredState, Farewell
from reconciler.model.live import LiveContact, Status
from reconciler.model.roles import Role
from reconciler.model.values import ALL, FieldChange, Fields
from reconciler.planning.heirs import Standing
from reconciler.planning.index import Index
from reconciler.planning.matching import ContactMatch, CustomerMatch, How
from reconciler.planning.powers import role_moves, service_moves
from reconciler.planning.threeway import Compared, compare


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


@dataclass(slots=True)
class Case:
    """A customer being planned: everything its rules may ask."""

    desired: DesiredState
    index: Index
    customer: CustomerMatch
    people: list[Person] = field(default_factory=list)

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
        return self.desired.policy.language

    @property
    def offered(self) -> tuple[str, ...]:
        """The services that `all` stands for at this customer, after the plan."""
        desired = self.customer.desired.fields if self.customer.desired else {}
        live = self.customer.live.fields if self.customer.live else {}
        value = desired.get("services", live.get("services", ALL))
        if isinstance(value, tuple):
            return value
        if self.desired.services is not None:
            return tuple(sorted(self.desired.services))
        return tuple(sorted(str(service.fields["code"]) for service in self.index.live.services.values()))

    def reverts(self) -> bool:
        """Whether git wins over edits made in the portal here."""
        own = self.customer.desired.fields.get("portal_edits") if self.customer.desired else None
        return (own or self.desired.policy.portal_edits) == "revert"


def person(case: Case, match: ContactMatch) -> Person:
    """The match with its fields compared, where there is something on both sides.

    Where git wins, an edit becomes a change back, except one that would give back access or power
    which somebody took away in the portal.
    """
    if match.desired is None or match.live is None:
        return Person(match)
    compared = compare(match.desired.fields, match.live.fields, match.base, match.live.touched)
    if not case.reverts():
        return Person(match, compared)
    back = tuple(edit for edit in compared.edits if not _empowers(case, edit))
    undone = tuple(FieldChange(edit.name, edit.after, edit.before) for edit in back)
    changes = tuple(sorted([*compared.changes, *undone], key=lambda change: change.name))
    return Person(match, replace(compared, changes=changes, edits=tuple(e for e in compared.edits if e not in back)))


def _empowers(case: Case, edit: FieldChange) -> bool:
    """Whether going back to the file's value (`before`) gives access or power."""
    if edit.name == "role":
        return bool(role_moves(Role(str(edit.after)), Role(str(edit.before)))[1])
    if edit.name == "services":
        return bool(service_moves(edit.after, edit.before, case.offered)[1])
    return edit.name in {"email", "protected"}


def standings(case: Case) -> dict[str, Standing]:
    """Everybody at the customer as the plan will leave them, by key; unmanaged people by address."""
    found = [_standing(case, one) for one in case.people]
    ours = {one.match.live.id for one in case.people if one.match.live}
    if case.customer.live:
        found += [
            _unmanaged(case, row)
            for row in case.index.living(case.customer.live)
            if row.id not in ours and not case.index.manages(row)
        ]
    return {one.key: one for one in found if one is not None}


def _standing(case: Case, one: Person) -> Standing | None:
    match = one.match
    live = match.live
    if match.how is How.AWAY or (match.how is How.GONE and live is not None and not live.living):
        return None
    ref = ObjectRef(case.key, one.key, live.id if live else None, live.version if live else None)
    if match.desired is None:
        assert live is not None  # noqa: S101  a match has one side at least
        gone = case.farewells.get(one.key)
        kept = gone is not None and gone.keep
        return Standing(
            one.key, ref, live.role, live.status, live.email, spoken(case, live.fields),
            leaves=not kept, heir=leaver_heir(case, one),
        )  # fmt: skip
    wanted = match.desired
    if live is None or match.how is How.RESTORED:
        status, role, email = Status.INVITED, wanted.role, wanted.email
    elif one.compared.conflicts:
        status, role, email = live.status, live.role, live.email
    else:
        after = dict(live.fields) | {change.name: change.after for change in one.compared.changes}
        moved = any(change.name == "email" for change in one.compared.changes)
        status = Status.INVITED if moved else live.status
        role, email = Role(str(after["role"])), str(after["email"])
    fields = {**(live.fields if live else {}), **wanted.fields}
    return Standing(one.key, ref, role, status, email, spoken(case, fields), heir=wanted.heir, former=wanted.previously)


def _unmanaged(case: Case, row: LiveContact) -> Standing:
    ref = ObjectRef(case.key, row.email, row.id, row.version, label=row.email)
    return Standing(row.email, ref, row.role, row.status, row.email, spoken(case, row.fields))


def leaver_heir(case: Case, one: Person) -> str | None:
    """Whom a leaver's farewell names, else what her last file said."""
    gone = case.farewells.get(one.key)
    if gone and gone.heir:
        return gone.heir
    base = one.match.base
    value = base.fields.get("heir") if base else None
    return value if isinstance(value, str) else None


def spoken(case: Case, fields: Fields) -> str:
    """The language that a person reads."""
    own = fields.get("language")
    return own if isinstance(own, str) else case.language


def leaving_reason(case: Case, key: str) -> str:
    """Why a contact without file goes, as the portal remembers it."""
    gone = case.farewells.get(key)
    return gone.reason if gone else "other"
