"""Last days that are probably mistyped: years ahead, or past when they are written.

`validate` knows no date, so only a plan can tell.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from reconciler.model.desired import DesiredContact, DesiredState
from reconciler.model.live import LiveContact
from reconciler.model.plan import Warning
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence, sentence
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.plan_items import at_place, warn

# A departure further ahead is more often `2072` for `2027` than a plan.
_FAR_YEARS = 5
# An apply may come some days after the last day that a file announces.
_LATE = datetime.timedelta(days=30)


def warn_of_odd_departures(
    desired: DesiredState, contexts: Iterable[CustomerContext], day: datetime.date
) -> Iterator[Warning]:
    """Yield a warning for each last day that is years ahead, or past before it was ever applied.

    `desired`: the files as they are, due departures included.
    """
    by_key = {context.key: context for context in contexts if context.customer.desired}
    for key, customer in sorted(desired.customers.items()):
        for _, contact in sorted(customer.contacts.items()):
            if contact.leaves is None or key not in by_key:
                continue
            on = datetime.date.fromisoformat(contact.leaves.on)
            if message := _oddity(by_key[key], contact, on, day):
                hint = sentence("hint", "check the year")
                place = contact.places.get("leaves.on", contact.place)
                warning = warn(RuleId.LEAVES_DATE, key, contact.key, message, hint)
                yield at_place(warning, place)


def _oddity(
    context: CustomerContext,
    contact: DesiredContact,
    on: datetime.date,
    day: datetime.date,
) -> Sentence | None:
    if on.year - day.year > _FAR_YEARS:
        return sentence(
            "warning",
            "the last day {date} is {years} years ahead",
            date=on.isoformat(),
            years=on.year - day.year,
        )
    if on > day:
        return None
    row = _row(context, contact)
    if row is None:
        return sentence(
            "warning",
            "the last day {date} has passed, so the contact is not added",
            date=on.isoformat(),
        )
    applied = row.applied.fields.get("leaves.on") if row.applied else None
    if row.living and applied != on.isoformat() and on < day - _LATE:
        return sentence(
            "warning",
            "the last day {date} has passed long ago, so the contact leaves with this plan",
            date=on.isoformat(),
        )
    return None


def _row(context: CustomerContext, contact: DesiredContact) -> LiveContact | None:
    """Return the contact's row, under a former key too; the last life first."""
    live = context.customer.live
    rows = context.index.contacts[live.id] if live else []
    keys = {contact.key, *contact.previously}
    return next(
        (row for row in rows if row.external_key in keys and context.index.manages(row)),
        None,
    )
