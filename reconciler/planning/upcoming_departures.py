"""Removals that files announce for a later day; every plan shows them until that day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.changes import Cause
from reconciler.model.desired import Leaving
from reconciler.model.plan import Departure
from reconciler.planning.contact_removals import is_direct, removal_change
from reconciler.planning.customer_context import CustomerContext, Person
from reconciler.planning.heirs import find_heir


def upcoming_departures(
    contexts: Iterable[CustomerContext], day: datetime.date
) -> tuple[Departure, ...]:
    """Return the removals announced for later days, with today's heirs, sorted by day, customer and
    key.
    """
    departures = [
        _departure(context, person, leaves)
        for context in contexts
        for person, leaves in _leavers(context, day)
    ]
    return tuple(
        sorted(
            departures,
            key=lambda departure: (departure.on, departure.customer, departure.contact),
        )
    )


def _leavers(
    context: CustomerContext, day: datetime.date
) -> Iterator[tuple[Person, Leaving]]:
    for person in context.people:
        leaves = person.match.desired.leaves if person.match.desired else None
        if leaves is not None and datetime.date.fromisoformat(leaves.on) > day:
            yield person, leaves


def _departure(context: CustomerContext, person: Person, leaves: Leaving) -> Departure:
    contact, live = context.contacts_after_plan.get(person.key), person.match.live
    heir = (
        find_heir(contact, context.contacts_after_plan, context.heir) if contact else None
    )
    receiver = heir.contact if heir else None
    work = len(context.index.open_work(live)) if live else 0
    id = ""
    if live is not None and heir is not None:
        removal = removal_change(context, person, heir, work)
        place = person.match.desired.place.path if person.match.desired else None
        # The id of the removal as it will be on that day: caused by the date, without
        # today's notes.
        id = replace(
            removal,
            cause=Cause(
                place, due=is_direct(context, contact.heir if contact else None, heir)
            ),
            reason=leaves.reason,
            notes=(),
        ).id
    to_key = f"{context.key}/{receiver.key}" if receiver else None
    return Departure(leaves.on, context.key, person.key, leaves.reason, to_key, work, id)
