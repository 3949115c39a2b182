"""The invariants of every committed state, as queries.

The actions maintain them; these queries detect violations. Each unit of work checks the customers
it touched, test runs check the whole portal.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, func, not_, or_, select

from reconciler.portal.rules.roles import HOLDS_WORK, Role
from reconciler.portal.rules.search import row_search_form
from reconciler.portal.rules.states import LIVING, OPEN, ContactStatus, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import newest_are_chained


def work_without_owner(connection: Connection, customers: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Return open requests (id, owner) whose owner may not hold work at the customer."""
    owner = t.contacts
    good = and_(owner.c.status.in_(LIVING), owner.c.role.in_(HOLDS_WORK), owner.c.customer == t.requests.c.customer)
    statement = (
        select(t.requests.c.id, t.requests.c.owner)
        .select_from(t.requests.join(owner, owner.c.id == t.requests.c.owner))
        .where(t.requests.c.state.in_(OPEN), or_(not_(good), owner.c.customer.is_(None)))
        .order_by(t.requests.c.id)
    )
    if customers is not None:
        statement = statement.where(t.requests.c.customer.in_(customers))
    return [(row.id, row.owner) for row in connection.execute(statement)]


def customers_with_manager(connection: Connection, customers: Collection[str]) -> set[str]:
    """Return those of the customers that have an active or invited manager."""
    if not customers:
        return set()
    c = t.contacts.c
    statement = select(c.customer).where(
        c.customer.in_(customers), c.role == Role.MANAGER, c.status.in_((ContactStatus.ACTIVE, ContactStatus.INVITED))
    )
    return {str(customer) for customer in connection.execute(statement).scalars()}


def broken_invariants(connection: Connection) -> list[str]:
    """Return a sentence for each violated invariant; empty if all hold."""
    violations = [f"open request {id} is owned by {owner}" for id, owner in work_without_owner(connection)]
    c = t.contacts.c
    silent = select(c.id).where(c.status.in_(LIVING), c.address_form.is_(None))
    loud = select(c.id).where(not_(c.status.in_(LIVING)), c.address_form.is_not(None))
    violations += [f"living contact {id} holds no address" for id in connection.execute(silent).scalars()]
    violations += [f"{id} is no contact and holds an address" for id in connection.execute(loud).scalars()]
    inside = t.contacts.join(t.customers, t.customers.c.id == c.customer)
    orphans = (
        select(c.id).select_from(inside).where(c.status.in_(LIVING), t.customers.c.status == CustomerStatus.ARCHIVED)
    )
    violations += [f"contact {id} lives at an archived customer" for id in connection.execute(orphans).scalars()]
    strangers = (
        select(c.id).select_from(inside).where(c.owner.is_not(None), c.owner.is_distinct_from(t.customers.c.owner))
    )
    violations += [
        f"contact {id} has another owner than its customer" for id in connection.execute(strangers).scalars()
    ]
    for table in (t.sessions, t.tokens):
        joined_tables = table.join(t.contacts, c.id == table.c.contact)
        open_access = (
            select(c.id).select_from(joined_tables).where(table.c.ended_at.is_(None), c.status == ContactStatus.REMOVED)
        )
        violations += [f"removed contact {id} still has access" for id in connection.execute(open_access).scalars()]
    for kind, table in (("customer", t.customers), ("contact", t.contacts)):
        rows = map(dict, connection.execute(select(table)).mappings())
        violations += [
            f"{row['id']} is not found by its name" for row in rows if row["sought"] != row_search_form(kind, row)
        ]
    for table, home in ((t.services, "owner"), (t.customers, "owner"), (t.contacts, "customer")):
        life = (table.c[home], table.c.external_key, table.c.life)
        duplicates = select(*life).where(table.c.external_key.is_not(None)).group_by(*life).having(func.count() > 1)
        violations += [
            f"two {table.name} are life {row.life} of '{row.external_key}'" for row in connection.execute(duplicates)
        ]
    newest = connection.execute(select(func.max(t.changes.c.revision))).scalar() or 0
    current = connection.execute(select(t.portal.c.revision)).scalar() or 0
    violations += [f"change of revision {newest} above {current}"] if newest > current else []
    return [
        *violations,
        *([] if newest_are_chained(connection) else ["the newest entries of the audit feed are not chained"]),
    ]
