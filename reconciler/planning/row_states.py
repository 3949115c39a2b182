"""The parts of rows that rights depend on, as the portal has them and as changes leave them."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Change
from reconciler.model.live import LiveContact, LiveCustomer
from reconciler.model.roles import Role
from reconciler.model.values import Value
from reconciler.planning.rights import (
    CustomerState,
    PersonState,
    services_of,
)


def person_state(row: LiveContact) -> PersonState:
    """Return the part of a contact's row that rights depend on."""
    return PersonState(row.status, row.role, services_of(row.fields.get("services")))


def customer_state(row: LiveCustomer) -> CustomerState:
    """Return the part of a customer's row that rights depend on."""
    services = services_of(row.fields.get("services"))
    return CustomerState(
        not row.archived, services, bool(row.fields.get("project_managers"))
    )


# A customer as the portal creates it when the file lists no services and no project
# managers.
CREATED_CUSTOMER = CustomerState(active=True, services=frozenset(), ordering=False)


def with_customer_fields(state: CustomerState, change: Change) -> CustomerState:
    """Return the state with the fields that a change writes."""
    values: dict[str, Value] = {field.name: field.after for field in change.fields}
    if "services" in values:
        state = replace(state, services=services_of(values["services"]))
    if "project_managers" in values:
        state = replace(state, ordering=bool(values["project_managers"]))
    return state


def with_contact_fields(state: PersonState, change: Change) -> PersonState:
    """Return the state with the fields that a change writes."""
    values: dict[str, Value] = {field.name: field.after for field in change.fields}
    if "role" in values:
        state = replace(state, role=Role(str(values["role"])))
    if "services" in values:
        state = replace(state, services=services_of(values["services"]))
    return state
