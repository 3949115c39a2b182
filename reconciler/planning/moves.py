"""People who move: a removal at one customer and an addition at another are one move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.changes import Change, Kind
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveContact
from reconciler.model.sentences import sentence
from reconciler.planning.index import Index
from reconciler.planning.plan_items import CustomerLink

_ARRIVING = {Kind.CREATE_CONTACT, Kind.APPROVE_REGISTRATION, Kind.RESTORE_CONTACT}


def find_moves(changes: Sequence[Change], index: Index) -> dict[str, str]:
    """Return the two ends (`customer/contact`) of each person who leaves one customer and joins
    another.
    """
    rows = index.live.contacts
    arrivals = {
        _identity(change, rows): change for change in changes if change.kind in _ARRIVING
    }
    ends: dict[str, str] = {}
    for change in changes:
        row = (
            rows.get(change.target.id or "") if change.kind is Kind.REMOVE_CONTACT else None
        )
        arrival = (
            arrivals.get((address_key(row.email), name_key(row.name))) if row else None
        )
        if arrival and arrival.customer != change.customer:
            ends[_end(change)], ends[_end(arrival)] = _end(arrival), _end(change)
    return ends


def _identity(change: Change, rows: Mapping[str, LiveContact]) -> tuple[str, str]:
    """Return address and name of a person who is added; a restoration takes missing fields from the
    row.
    """
    row = rows.get(change.target.id or "")
    fields = {
        **(row.fields if row else {}),
        **{field.name: field.after for field in change.fields},
    }
    return address_key(str(fields["email"])), name_key(str(fields["name"]))


def with_moves(changes: Iterable[Change], ends: Mapping[str, str]) -> Iterator[Change]:
    """Yield the changes, with the removal and the addition of one person marked as one move."""
    for change in changes:
        other_end = ends.get(_end(change))
        if other_end is not None and change.kind is Kind.REMOVE_CONTACT:
            yield replace(
                change,
                other_end=other_end,
                message=sentence(
                    "change",
                    "{change} (moves to {contact})",
                    change=change.message,
                    contact=other_end,
                ),
            )
        elif other_end is not None and change.kind in _ARRIVING:
            yield replace(
                change,
                other_end=other_end,
                message=sentence(
                    "change",
                    "{change} (moves from {contact})",
                    change=change.message,
                    contact=other_end,
                ),
            )
        else:
            yield change


def links_of(ends: Mapping[str, str]) -> list[CustomerLink]:
    """Return the customers that moves link together."""
    return [
        CustomerLink(end.partition("/")[0], other_end.partition("/")[0])
        for end, other_end in ends.items()
    ]


def _end(change: Change) -> str:
    return f"{change.customer}/{change.contact}"
