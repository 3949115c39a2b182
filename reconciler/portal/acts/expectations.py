"""What a batch was judged on, compared with the portal before anything is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, case, or_, select

from reconciler.portal.acts.operations import Expectations, ExpectedPeople, ExpectedRow
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.rights import changes_rights, concerns
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import among
from reconciler.portal.store.work import Work

_TABLE: Final[Mapping[str, Table]] = {
    "settings": t.settings, "service": t.services, "customer": t.customers, "contact": t.contacts,
}  # fmt: skip
_AT_ONCE: Final = 500


def must_hold(work: Work, expected: Expectations | None, run: str) -> None:
    """A `stale` problem that names a row unless everything is as the batch expects it."""
    if expected is None:
        return
    _rows_are(work, expected.rows)
    if expected.people is not None:
        _rights_are(work, expected.people, run)


def _rows_are(work: Work, rows: Sequence[ExpectedRow]) -> None:
    by_kind: defaultdict[str, list[ExpectedRow]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    for kind, wanted in by_kind.items():
        c = _TABLE[kind].c
        asked = select(c.id, c.version).where(among(work.connection, c.id, [row.id for row in wanted]))
        versions = {row.id: row.version for row in work.connection.execute(asked)}
        for row in wanted:
            if versions.get(row.id) != row.version:
                told = f"is of version {versions[row.id]}, not {row.version}" if row.id in versions else "is not there"
                raise Problem("stale", f"{kind} '{row.id}' {told}", kind=kind, id=row.id)


def _rights_are(work: Work, people: ExpectedPeople, run: str) -> None:
    if people.revision >= work.revision:
        raise Problem("stale", f"the portal is of revision {work.revision - 1}, not yet of {people.revision}")
    customers = None if people.customers is None else frozenset(people.customers)
    with work.connection.execute(changes_since(people.revision, run).execution_options(yield_per=_AT_ONCE)) as found:
        for entry in map(dict, found.mappings()):
            if concerns(entry, customers) and changes_rights(entry):
                told = f"{entry['object']} '{entry['id']}' changed in revision {entry['revision']}"
                raise Problem("stale", told, kind=entry["object"], id=entry["id"])


def changes_since(revision: int, run: str) -> Select[Any]:
    """The entries of the feed after a revision that other runs or people made, each with its customer as `home`.

    The primary key of `changes` begins with the revision, so that only what is newer is read. Requests make most of
    the feed and give no rights.
    """
    c = t.changes.c
    home = case((c.object == "customer", c.id), else_=t.contacts.c.customer).label("home")
    return (
        select(c.revision, c.what, c.object, c.id, c.before, c.after, home)
        .select_from(t.changes.outerjoin(t.contacts, t.contacts.c.id == c.id))
        .where(c.revision > revision, c.object != "request", or_(c.run.is_(None), c.run != run))
        .order_by(c.revision, c.seq)
    )
