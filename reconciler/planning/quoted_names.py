"""The names that the sentences of a plan quote: `--redact` hides them as well as the plan's own
fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.changes import Change, ObjectKind
from reconciler.model.desired import DesiredState
from reconciler.model.fields import is_masked
from reconciler.model.live import LiveObject, LiveState
from reconciler.model.plan import Refusal
from reconciler.planning.customer_context import CustomerContext, Person
from reconciler.planning.matching import MatchKind


def quoted_names(
    contexts: Iterable[CustomerContext],
    changes: Iterable[Change],
    refusals: Iterable[Refusal],
    live: LiveState,
) -> tuple[str, ...]:
    """Return the names on both sides of conflicts and of doubts who somebody is, and of people
    whose values a line mentions; sorted.
    """
    # Notes say who set a value, and the authors of values are personal data as well.
    target_ids = {change.target.id for change in changes if change.notes}
    refused_customers = {refusal.customer for refusal in refusals}
    names: set[str] = set()
    for context in contexts:
        conflicts = [c for person in context.people for c in person.comparison.conflicts]
        personal = [c for c in conflicts if is_masked(ObjectKind.CONTACT, c.name)]
        names |= {str(value) for c in personal for value in (c.before, c.after) if value}
        # Asked whether a file and a former account are one person or two, both are named.
        for person in context.people:
            if person.match.former is not None and person.match.desired is not None:
                names |= {person.match.former, person.match.desired.name}
            names |= _names_of_restored(context, person)
            # A line tells the reviewer what a sign-up asked for.
            if person.match.registration is not None:
                names.add(person.match.registration.name)
        customer = context.customer.live
        if context.key in refused_customers and customer is not None:
            names |= set(_writers(customer))
            names |= {
                by for row in context.index.contacts[customer.id] for by in _writers(row)
            }
    for id in filter(None, target_ids):
        row = (
            live.contacts.get(id)
            or live.customers.get(id)
            or live.services.get(id)
            or live.settings
        )
        names |= set(_writers(row))
    return tuple(sorted(names - {""}))


def file_addresses(desired: DesiredState) -> frozenset[str]:
    """Return every address in the files: those of contacts and of project managers."""
    addresses = {
        contact.email
        for customer in desired.customers.values()
        for contact in customer.contacts.values()
    }
    for customer in desired.customers.values():
        managers = customer.fields.get("project_managers")
        addresses |= set(managers) if isinstance(managers, tuple) else set()
    return frozenset(addresses)


def _names_of_restored(context: CustomerContext, person: Person) -> set[str]:
    """Return both names of a person who comes back with their customer under another name."""
    desired, live = person.match.desired, person.match.live
    if context.customer.kind is not MatchKind.RESTORED or desired is None or live is None:
        return set()
    return {desired.name, live.name}


def _writers(row: LiveObject) -> Iterator[str]:
    yield from (touch.by for touch in row.touched.values())
    removal = getattr(row, "removal", None)
    if removal is not None:
        yield removal.touch.by
