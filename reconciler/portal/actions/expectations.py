"""The assumptions of a batch's planner, compared with the portal before the first operation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, case, or_, select

from reconciler.portal.actions.operations import Expectations, ExpectedPeople, ExpectedRow
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.rights import changes_rights, concerns
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import is_one_of
from reconciler.portal.store.unit_of_work import Work

_TABLES: Final[Mapping[str, Table]] = {
    "settings": t.settings,
    "service": t.services,
    "customer": t.customers,
    "contact": t.contacts,
}
_ROWS_PER_FETCH: Final = 500


def check_expectations(work: Work, expectations: Expectations | None, run: str) -> None:
    """Raise a `stale` problem that names a row if the portal differs from the expectations."""
    if expectations is None:
        return
    _check_rows(work, expectations.rows)
    if expectations.people is not None:
        _check_rights(work, expectations.people, run)


def _check_rows(work: Work, rows: Sequence[ExpectedRow]) -> None:
    by_kind: defaultdict[str, list[ExpectedRow]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    for kind, expected_rows in by_kind.items():
        c, ids = _TABLES[kind].c, [row.id for row in expected_rows]
        statement = select(c.id, c.version).where(is_one_of(work.connection, c.id, ids))
        versions = {row.id: row.version for row in work.connection.execute(statement)}
        for row in expected_rows:
            version = versions.get(row.id, "none (not found)")
            if version != row.version:
                detail = f"{kind} '{row.id}' has version {version}, the batch expects {row.version}"
                raise Problem("stale", detail, kind=kind, id=row.id)


def _check_rights(work: Work, people: ExpectedPeople, run: str) -> None:
    # a revision to come: the snapshot was made before a restore, or by another portal
    if people.revision >= work.revision:
        current = work.revision - 1
        raise Problem(
            "stale",
            f"the portal is at revision {current}, the batch expects {people.revision}",
        )
    customers = None if people.customers is None else frozenset(people.customers)
    statement = changes_since(people.revision, run).execution_options(
        yield_per=_ROWS_PER_FETCH
    )
    with work.connection.execute(statement) as entries:
        for entry in map(dict, entries.mappings()):
            if concerns(entry, customers) and changes_rights(entry):
                detail = (
                    f"{entry['object']} '{entry['id']}' changed in revision "
                    f"{entry['revision']}"
                )
                raise Problem("stale", detail, kind=entry["object"], id=entry["id"])


def changes_since(revision: int, run: str) -> Select[Any]:
    """Return the query for newer feed entries by other runs, with their customer as `home`.

    The primary key of `changes` begins with the revision, so only newer entries are read. Requests
    make up most of the feed and give no rights.
    """
    c = t.changes.c
    home = case((c.object == "customer", c.id), else_=t.contacts.c.customer).label("home")
    return (
        select(c.revision, c.what, c.object, c.id, c.before, c.after, home)
        .select_from(t.changes.outerjoin(t.contacts, t.contacts.c.id == c.id))
        # in SQL `NULL != run` is not true, so entries without a run need a condition of their own
        .where(
            c.revision > revision, c.object != "request", or_(c.run.is_(None), c.run != run)
        )
        .order_by(c.revision, c.seq)
    )
