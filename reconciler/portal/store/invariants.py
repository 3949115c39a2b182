"""The invariants of every committed state, as queries.

The actions maintain them; these queries detect violations. Each unit of work checks the customers
it touched, test runs check the whole portal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, not_, or_, select

from reconciler.portal.rules.roles import WORK_ROLES, Role
from reconciler.portal.rules.search import row_search_form
from reconciler.portal.rules.states import LIVING, OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import newest_are_chained


def _work_without_owner() -> Select[Any]:
    owner = t.contacts
    good = and_(
        owner.c.status.in_(LIVING),
        owner.c.role.in_(WORK_ROLES),
        owner.c.customer == t.requests.c.customer,
    )
    return (
        select(t.requests.c.id, t.requests.c.owner)
        .select_from(t.requests.join(owner, owner.c.id == t.requests.c.owner))
        .where(t.requests.c.state.in_(OPEN), or_(not_(good), owner.c.customer.is_(None)))
        .order_by(t.requests.c.id)
    )


def _violations() -> Iterator[tuple[str, Select[Any]]]:
    """Yield the sentence of a violation and the query of the violating rows, by invariant."""
    c, home = t.contacts.c, t.customers.c
    lives = c.status.in_(LIVING)
    yield (
        "living contact {id} holds no address",
        select(c.id).where(lives, c.address_form.is_(None)),
    )
    yield (
        "{id} is no contact and holds an address",
        select(c.id).where(not_(lives), c.address_form.is_not(None)),
    )
    of_customer = select(c.id).select_from(
        t.contacts.join(t.customers, home.id == c.customer)
    )
    yield (
        "contact {id} lives at an archived customer",
        of_customer.where(lives, home.status == CustomerStatus.ARCHIVED),
    )
    yield (
        "contact {id} has another owner than its customer",
        of_customer.where(c.owner.is_not(None), c.owner.is_distinct_from(home.owner)),
    )
    for table in (t.sessions, t.tokens):
        of_access = select(c.id).select_from(
            table.join(t.contacts, c.id == table.c.contact)
        )
        yield (
            "removed contact {id} still has access",
            of_access.where(table.c.ended_at.is_(None), c.status == ContactStatus.REMOVED),
        )
    for table, column in (
        (t.services, "owner"),
        (t.customers, "owner"),
        (t.contacts, "customer"),
    ):
        life = (table.c[column], table.c.external_key, table.c.life)
        yield (
            f"two {table.name} are life {{life}} of '{{external_key}}'",
            select(*life)
            .where(table.c.external_key.is_not(None))
            .group_by(*life)
            .having(func.count() > 1),
        )
    newest = select(func.max(t.changes.c.revision).label("newest")).subquery()
    yield (
        "change of revision {newest} above {revision}",
        select(newest.c.newest, t.portal.c.revision).where(
            newest.c.newest > t.portal.c.revision
        ),
    )


# Built once: building a statement takes longer than executing it on the small databases of tests.
_WORK_WITHOUT_OWNER: Final = _work_without_owner()
_VIOLATIONS: Final = tuple(_violations())
_SEARCHABLE: Final = tuple(
    (kind, select(table))
    for kind, table in (("customer", t.customers), ("contact", t.contacts))
)


def work_without_owner(
    connection: Connection, customers: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """Return the open requests (id, owner) whose owner may not own work at their customer."""
    statement = _WORK_WITHOUT_OWNER
    if customers is not None:
        statement = statement.where(t.requests.c.customer.in_(customers))
    return [(row.id, row.owner) for row in connection.execute(statement)]


def customers_with_manager(connection: Connection, customers: Collection[str]) -> set[str]:
    """Return those of the customers that have an active or invited manager."""
    if not customers:
        return set()
    c = t.contacts.c
    statement = select(c.customer).where(
        c.customer.in_(customers),
        c.role == Role.MANAGER,
        c.status.in_((ContactStatus.ACTIVE, ContactStatus.INVITED)),
    )
    return {str(customer) for customer in connection.execute(statement).scalars()}


def broken_invariants(connection: Connection) -> list[str]:
    """Return a sentence for each violated invariant; empty if all hold."""
    violations = [
        f"open request {id} is owned by {owner}"
        for id, owner in work_without_owner(connection)
    ]
    for sentence, statement in _VIOLATIONS:
        violations += [
            sentence.format_map(row) for row in connection.execute(statement).mappings()
        ]
    for kind, statement in _SEARCHABLE:
        rows = map(dict, connection.execute(statement).mappings())
        violations += [
            f"{row['id']} is not found by its name"
            for row in rows
            if row["sought"] != row_search_form(kind, row)
        ]
    if not newest_are_chained(connection):
        violations.append("the newest entries of the audit feed are not chained")
    return violations
