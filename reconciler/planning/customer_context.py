"""One customer during planning: its match, its people, and what rules need to know about it.

Built once from `matching` and frozen. `contacts` and `customers` make changes from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.desired import DesiredState, Farewell, Place
from reconciler.model.live import LiveContact
from reconciler.model.values import Fields
from reconciler.planning.heirs import ContactAfterPlan
from reconciler.planning.index import Index
from reconciler.planning.matching import ContactMatch, CustomerMatch, MatchKind
from reconciler.planning.portal_edit_reverts import revert_edits
from reconciler.planning.three_way_merge import Comparison, compare, restored_fields

# The language of mails to a customer that sets none (an assumption).
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact's match with its comparison. Under `revert`, undone portal edits are among the
    changes.
    """

    match: ContactMatch
    comparison: Comparison = field(default_factory=Comparison)

    @property
    def key(self) -> str:
        if self.match.desired:
            return self.match.desired.key
        return (self.match.live.external_key if self.match.live else None) or ""

    @property
    def fields_after(self) -> Fields:
        """The fields that the portal shows after this person's changes are applied."""
        fields = _fields_after(self.match, self.comparison)
        registration = self.match.registration
        # A registration says in which language the person asked; the file overrules it.
        return {"language": registration.language, **fields} if registration else fields


def _fields_after(match: ContactMatch | CustomerMatch, comparison: Comparison) -> Fields:
    """Return the fields that the portal shows after the changes of this object are applied."""
    desired, live = match.desired, match.live
    if live is None:
        return desired.fields if desired else {}
    changes = comparison.changes
    if desired is not None and match.kind is MatchKind.RESTORED:
        changes = restored_fields(desired.fields, live)
    elif comparison.conflicts:
        changes = ()
    return {**live.fields, **{change.name: change.after for change in changes}}


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """A key that is neither in the files nor in the portal, and where a file names it: as the name
    of a farewell, or in `previously`.
    """

    key: str
    place: Place
    is_farewell: bool = False


@dataclass(frozen=True, slots=True)
class CustomerContext:
    """A customer during planning.

    `comparison`: of the customer's own fields. `contested`: registrations that several files
    name. `people`: every managed contact and every contact file. `contacts_after_plan`: all
    people of the customer as the plan leaves them, by key. `doubts`: contacts whose removal
    waits, because a key that names nobody may mean them.
    """

    desired: DesiredState
    index: Index
    customer: CustomerMatch
    comparison: Comparison = field(default_factory=Comparison)
    contested: frozenset[str] = frozenset()
    people: tuple[Person, ...] = ()
    contacts_after_plan: Mapping[str, ContactAfterPlan] = field(default_factory=dict)
    doubts: Mapping[str, UnknownKey] = field(default_factory=dict)

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
        value = self.applied.get("heir")
        return value if isinstance(value, str) else None

    @property
    def is_released(self) -> bool:
        """Return whether the file ends the management of this customer."""
        return self.customer.desired is not None and self.customer.desired.release

    @property
    def applied(self) -> Fields:
        """The fields of the last file applied to this customer."""
        live = self.customer.live
        return live.applied.fields if live and live.applied else {}

    @property
    def language(self) -> str:
        """The language of people who set none themselves."""
        value = _fields_after(self.customer, self.comparison).get("language")
        return value if isinstance(value, str) else DEFAULT_LANGUAGE

    @property
    def reverts(self) -> bool:
        """Return whether git wins over portal edits here: the files and the last applied files
        both say so.
        """
        fields = self.customer.desired.fields if self.customer.desired else self.applied
        demanded = fields.get("portal_edits") or self.desired.policy.portal_edits
        before = self.applied.get("portal_edits") or self.index.policy.portal_edits
        # Both, so that one pull request cannot switch to `revert` and undo edits that
        # nobody reviewed.
        return demanded == before == "revert"


def compare_customer(context: CustomerContext) -> Comparison:
    """Return the customer's own fields compared, where both sides exist."""
    match = context.customer
    if match.desired is None or match.live is None:
        return Comparison()
    # Nobody applied a file of ours to an unmanaged row, so there are no edits, only
    # changes.
    base = None if match.kind is MatchKind.ADOPTED else match.live.applied
    return _with_reverts(
        context,
        match.kind,
        compare(match.desired.fields, match.live.fields, base, match.live.touched),
    )


def compare_person(context: CustomerContext, match: ContactMatch) -> Person:
    """Return the match with its fields compared, where both sides exist.

    Where git wins, an edit becomes a change back to the file's value, except an edit that took
    access or power away: reconciling never restores these. A contact who was removed keeps all
    edits.
    """
    if match.desired is None or match.live is None:
        return Person(match)
    comparison = compare(
        match.desired.fields, match.live.fields, match.base, match.live.touched
    )
    return Person(match, _with_reverts(context, match.kind, comparison))


def _with_reverts(
    context: CustomerContext, kind: MatchKind, comparison: Comparison
) -> Comparison:
    # Contacts removed in the portal stay removed, so undoing their fields has no use.
    if context.reverts and kind is not MatchKind.REMOVED_BY_OTHERS:
        return revert_edits(comparison)
    return comparison


def restored_in_portal(context: CustomerContext, person: Person) -> bool:
    """Return whether somebody restored a person whom we removed, and the files did not change
    since.
    """
    live, base = person.match.live, person.match.base
    farewell = context.farewells.get(person.key)
    return (
        person.match.kind is MatchKind.WITHOUT_FILE
        and live is not None
        and live.living
        and base is not None
        and not base.present
        and not context.reverts
        and not (farewell is not None and farewell.keep)
    )


def leavers_without_farewell(
    context: CustomerContext,
) -> Iterator[tuple[str, LiveContact]]:
    """Yield the contacts whose file was removed, and who have no farewell."""
    for person in context.people:
        row = person.match.live
        if (
            person.match.kind is not MatchKind.WITHOUT_FILE
            or row is None
            or not row.living
            or person.key in context.farewells
        ):
            continue
        if not restored_in_portal(context, person):
            yield person.key, row


def language_of(context: CustomerContext, fields: Fields) -> str:
    """Return the language of mails to a person with these fields."""
    own = fields.get("language")
    return own if isinstance(own, str) else context.language


def names_at(context: CustomerContext) -> dict[str, str]:
    """Return the plan's names for the customer's contacts, by row id, with their keys after the
    plan.

    `customer/key` for managed contacts, `customer/address` for all others.
    """
    if context.customer.live is None:
        return {}
    index = context.index
    keys = {
        person.match.live.id: person.key for person in context.people if person.match.live
    }
    return {
        row.id: f"{context.key}/{keys.get(row.id) or index.own_name(row)}"
        for row in index.contacts[context.customer.live.id]
    }
