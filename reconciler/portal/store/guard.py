"""The guard before every commit: what was written must keep what is protected, and move requests by events.

`Store.write` asks it once for every transaction, so no route, operation or job can pass it by. It
judges the rows of the unit of work, before and after, with the rules of `rules.protection` and
`rules.requests`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from reconciler.portal.rules import protection
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import must_have_moved
from reconciler.portal.rules.states import LIVING
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import among
from reconciler.portal.store.unit_of_work import Row, Work


def judge(work: Work) -> None:
    """A problem, or a LookupError for a bug of ours, unless the work may be committed."""
    keep_protected(work)
    _moved_by_events(work)


def keep_protected(work: Work) -> None:
    """A `protected` problem when something written since the last call takes what is protected.

    An act may ask earlier than the commit: to be told before it looks something up, or to know which
    operation of a batch it was.
    """
    written = [row for row in work.unjudged.values() if row.first is not None]
    narrowed = []
    for row in written:
        before, after = row.first or {}, None if row.gone else row.values
        if row.kind == "contact" and after is not None:
            if protection.guarded_contact(before):
                work.guarded[row.id] = row
            _refuse(row, protection.contact_loss(before, after))
        elif row.kind == "customer" and after is not None:
            _refuse(row, protection.customer_loss(before, after))
        if protection.narrows(row.kind, before, after):
            narrowed.append(row)
    if narrowed:
        _keep_rights(work, narrowed)
    work.unjudged.clear()


def _refuse(row: Row, lost: str | None) -> None:
    if lost is not None:
        raise Problem("protected", f"{row.kind} '{row.id}' is protected: no {lost}", kind=row.kind, id=row.id)


def _keep_rights(work: Work, narrowed: Sequence[Row]) -> None:
    """A problem when a protected contact may order less than before, by a row of their own or of others."""
    services = work.where("service")
    now = [service.values for service in services]
    before = [
        {**row.first, "code": row["code"]}
        for row in (*services, *work.removed)
        if row.kind == "service" and row.first is not None
    ]
    people = _guarded(work, narrowed)
    work.load("customer", (person["customer"] for person in people))
    for person in people:
        home = work.one("customer", person["customer"])
        had = protection.rights_to_order(person.first or {}, home.first or {}, before)
        _refuse(person, protection.right_lost(had, protection.rights_to_order(person.values, home.values, now)))


def _guarded(work: Work, narrowed: Sequence[Row]) -> list[Row]:
    """The protected contacts whom these rows concern, also those whose protection this work lifts."""
    c, homes = t.contacts.c, {row.id for row in narrowed if row.kind == "customer"}
    everywhere = any(row.kind == "service" for row in narrowed)
    people = {row.id: row for row in narrowed if row.kind == "contact"}
    people |= {id: row for id, row in work.guarded.items() if everywhere or row["customer"] in homes}
    if everywhere or homes:
        there = [] if everywhere else [among(work.connection, c.customer, sorted(homes))]
        known = work.where("contact", c.protected, c.status.in_(LIVING), *there)
        people |= {row.id: row for row in known if row.first and protection.guarded_contact(row.first)}
    return [people[id] for id in sorted(people)]


def _moved_by_events(work: Work) -> None:
    """A LookupError when a request came to its state past the events that its history names."""
    moved = [
        row for row in work.rows.values()
        if row.kind == "request" and (row.first is None or row.first["state"] != row["state"])
    ]  # fmt: skip
    if not moved:
        return
    acts = defaultdict[str, list[dict[str, Any]]](list)
    for entry in work.audited:
        if entry["object"] == "request":
            acts[entry["id"]].append(entry)
    for row in moved:
        must_have_moved(row.first["state"] if row.first else None, row.values, acts[row.id])
