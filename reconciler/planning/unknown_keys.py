"""Keys that name nobody: misspelt farewells, and misspelt keys in `previously` and `registration`.

Such a line has no effect, and the contact whom it means is removed as if it were not there. So it
is a warning; and where it may mean somebody who leaves, that removal waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from reconciler.model.desired import DesiredState, Place
from reconciler.model.plan import Stage, Warning
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, sentence
from reconciler.model.spelling import closest, within_edits
from reconciler.planning.contact_matching import may_belong_to
from reconciler.planning.customer_context import (
    CustomerContext,
    UnknownKey,
    leavers_without_farewell,
)
from reconciler.planning.index import Index
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems, at_place, refuse, refuse_portal, warn

# Two keys may stand for each other if at most so many letters differ (SPEC part 2).
MOST_EDITS: Final = 2
# A comparison takes long, so only the first unknown keys of a customer get a suggestion.
_MOST_SUGGESTIONS: Final = 20


def find_doubts(context: CustomerContext) -> dict[str, UnknownKey]:
    """Return the contacts who leave without a farewell and whom an unknown key may mean."""
    leavers = [key for key, _ in leavers_without_farewell(context)]
    doubts: dict[str, UnknownKey] = {}
    for unknown in _unknown_contact_keys(context).values() if leavers else ():
        doubts |= dict.fromkeys(_candidates(unknown.key, leavers), unknown)
    return doubts


def _candidates(key: str, leavers: Sequence[str]) -> list[str]:
    """Return those who leave and whom the key may mean: the nearest one, and similar ones."""
    near = closest(key, leavers)
    return [
        leaver
        for leaver in leavers
        if leaver == near or within_edits(key, leaver, MOST_EDITS)
    ]


def describe_doubt(unknown: UnknownKey, key: str) -> tuple[Sentence, Sentence]:
    """Return why the removal of this object waits, and what to do about it."""
    message = sentence(
        "refusal",
        "{place} names '{key}', which is neither in the files nor in the portal; it may mean "
        "{object}, so the removal of {object} waits",
        place=f"{unknown.place.path}:{unknown.place.line}",
        key=unknown.key,
        object=key,
    )
    return message, _correction(unknown, key)


def _correction(unknown: UnknownKey, near: str | None) -> Sentence:
    if near is None:
        return sentence("hint", "correct the key, or delete it")
    if unknown.is_farewell:
        path = PurePosixPath(unknown.place.path).with_name(f"{near}.yaml")
        return sentence("hint", "rename the file to {path}, or delete it", path=str(path))
    line = f"previously: [{near}]"
    return sentence("hint", "write {line}, or delete the key from it", line=line)


def unknown_key_items(
    desired: DesiredState, contexts: Sequence[CustomerContext], index: Index
) -> PlanItems:
    """Yield a warning for each key that names nobody, and the refusals of archives and of removed
    services that such a key may mean.
    """
    for context in contexts:
        if not context.is_released:
            yield from _contact_warnings(context)
            yield from _registration_warnings(context)
    yield from _customer_items(desired, contexts, index)
    yield from _service_items(desired, index)


def _warning(
    unknown: UnknownKey, near: str | None, customer: str | None, contact: str | None
) -> Warning:
    message = sentence(
        "warning",
        "the key '{key}' is neither in the files nor in the portal",
        key=unknown.key,
    )
    hint = _correction(unknown, near)
    warning = Warning(RuleId.UNKNOWN_KEY, message, customer, contact, hint)
    return at_place(warning, unknown.place)


def _contact_warnings(context: CustomerContext) -> Iterator[Warning]:
    known_keys = _known_contact_keys(context)
    unknown_keys = _unknown_contact_keys(context)
    for number, (contact, unknown) in enumerate(unknown_keys.items()):
        candidates = [key for key, doubt in context.doubts.items() if doubt == unknown]
        if not candidates and number < _MOST_SUGGESTIONS:
            candidates = list(filter(None, [closest(unknown.key, known_keys)]))
        yield _warning(unknown, next(iter(candidates), None), context.key, contact[0])


def _unknown_contact_keys(
    context: CustomerContext,
) -> dict[tuple[str, str], UnknownKey]:
    """Return the unknown keys of the customer's farewells and `previously`, by the key of the file
    and the unknown key.
    """
    desired = context.customer.desired
    if desired is None:
        return {}
    farewells = {
        (key, key): UnknownKey(key, farewell.place, is_farewell=True)
        for key, farewell in sorted(desired.farewells.items())
        # A sign-up has no key yet, so the file that rejects it may have any name.
        if farewell.registration is None
    }
    former_keys = {
        (key, former): UnknownKey(former, contact.places.get("previously", contact.place))
        for key, contact in sorted(desired.contacts.items())
        for former in contact.previously
    }
    mentions = farewells | former_keys
    known_keys = _known_contact_keys(context) if mentions else set()
    return {
        files: unknown
        for files, unknown in mentions.items()
        if unknown.key not in known_keys
    }


def _known_contact_keys(context: CustomerContext) -> set[str]:
    """Return the keys of the customer's contacts: in the files, and living, removed and former ones
    in the portal, also those of earlier lives of the customer.
    """
    desired, live, index = context.customer.desired, context.customer.live, context.index
    known_keys: set[str] = set()
    if desired is not None:
        # On the day of a departure the contact's file counts as a farewell.
        due = {key for key, farewell in desired.farewells.items() if farewell.leaves_on}
        known_keys |= set(desired.contacts) | due
    lives = {row.id for row in index.customer_lives[context.key]}
    for id in lives | ({live.id} if live else set()):
        rows = index.contacts[id]
        known_keys |= {row.external_key for row in rows if row.external_key is not None}
        known_keys |= index.former_keys["contact", id]
    return known_keys


def _registration_warnings(context: CustomerContext) -> Iterator[Warning]:
    """Yield a warning for each registration in a file that the portal does not have."""
    live = context.index.live
    for key, id, place in _registrations(context):
        if id not in live.registrations and id not in live.decided_registrations:
            message = sentence(
                "warning",
                "the portal has no registration '{registration}'",
                registration=id,
            )
            hint = _registration_hint(context, id)
            warning = warn(RuleId.UNKNOWN_KEY, context.key, key, message, hint)
            yield at_place(warning, place)


def _registrations(context: CustomerContext) -> Iterator[tuple[str, str, Place]]:
    """Yield each registration that a file of the customer names, with the file's key."""
    for key, farewell in sorted(context.farewells.items()):
        if farewell.registration is not None:
            yield key, farewell.registration, farewell.place
    for person in context.people:
        desired = person.match.desired
        # A contact who is to be approved is refused in this case.
        if desired is None or person.match.kind is MatchKind.APPROVED:
            continue
        if desired.registration is not None:
            place = desired.places.get("registration", desired.place)
            yield person.key, desired.registration.id, place


def _registration_hint(context: CustomerContext, id: str) -> Sentence:
    registrations = context.index.live.registrations.values()
    pending = sorted(
        registration.id
        for registration in registrations
        if may_belong_to(registration, context.customer)
    )
    if (near := closest(id, pending)) is not None:
        return sentence("hint", "did you mean '{name}'?", name=near)
    if not pending:
        return sentence("hint", "correct the id, or delete the line")
    names = Listing(tuple(pending[:_MOST_SUGGESTIONS]))
    return sentence(
        "hint", "pending registrations are {registrations}", registrations=names
    )


def _customer_items(
    desired: DesiredState, contexts: Iterable[CustomerContext], index: Index
) -> PlanItems:
    leavers = [context.key for context in contexts if _is_archived_now(context)]
    rows = filter(index.manages, index.live.customers.values())
    known_keys = {row.external_key or "" for row in rows} | set(desired.customers)
    known_keys |= index.former_keys["customer", index.owner]
    for key, customer in sorted(desired.customers.items()):
        for former in (name for name in customer.previously if name not in known_keys):
            unknown = UnknownKey(former, customer.places.get("previously", customer.place))
            candidates = _candidates(former, leavers)
            near = next(iter(candidates), None) or closest(former, known_keys - {key})
            yield _warning(unknown, near, key, None)
            for leaver in candidates:
                message, hint = describe_doubt(unknown, leaver)
                yield refuse(RuleId.UNKNOWN_KEY, leaver, None, message, hint)


def _is_archived_now(context: CustomerContext) -> bool:
    live = context.customer.live
    without_folder = context.customer.kind is MatchKind.WITHOUT_FILE
    return without_folder and live is not None and not live.archived


def _service_items(desired: DesiredState, index: Index) -> PlanItems:
    services = desired.services or {}
    rows = {key for key, row in index.services.items() if index.manages(row)}
    leavers = sorted(rows - set(services))
    # The rows have their new keys already, so a key that is given up now is added.
    known_keys = {*index.services, *services, *index.renamed_services.values()}
    known_keys |= index.former_keys["service", index.owner]
    for key, service in sorted(services.items()):
        for former in (name for name in service.previously if name not in known_keys):
            unknown = UnknownKey(former, service.places.get("previously", service.place))
            candidates = _candidates(former, leavers)
            near = next(iter(candidates), None) or closest(former, known_keys - {key})
            yield _warning(unknown, near, None, None)
            for leaver in candidates:
                message, hint = describe_doubt(unknown, leaver)
                yield refuse_portal(
                    RuleId.UNKNOWN_KEY, leaver, message, hint, Stage.CLOSING
                )
