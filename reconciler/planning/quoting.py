"""Whose names the sentences of a plan quote: what `--redact` has to hide beside the plan's own fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.changes import Change
from reconciler.model.live import LiveObject, LiveState
from reconciler.model.plan import Refusal
from reconciler.planning.circumstances import Case


def quoted_names(
    cases: Iterable[Case], changes: Iterable[Change], refusals: Iterable[Refusal], live: LiveState
) -> tuple[str, ...]:
    """Names on both sides of a conflict, and of whoever wrote in the portal what a line speaks of; sorted."""
    noted = {change.target.id for change in changes if change.notes}
    refused = {refusal.customer for refusal in refusals}
    found: set[str] = set()
    for case in cases:
        conflicts = [c for one in case.people for c in one.compared.conflicts if c.name == "name"]
        found |= {str(value) for conflict in conflicts for value in (conflict.before, conflict.after)}
        if case.key in refused and case.customer.live is not None:
            found |= set(_writers(case.customer.live))
            found |= {by for row in case.index.contacts[case.customer.live.id] for by in _writers(row)}
    for id in filter(None, noted):
        row = live.contacts.get(id) or live.customers.get(id) or live.services.get(id) or live.settings
        found |= set(_writers(row))
    return tuple(sorted(found - {""}))


def _writers(row: LiveObject) -> Iterator[str]:
    yield from (touch.by for touch in row.touched.values())
    removal = getattr(row, "removal", None)
    if removal is not None:
        yield removal.touch.by
