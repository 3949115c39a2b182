"""The projection of the live state through groups: people, customers, services before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.live import Status
from reconciler.model.plan import Group, Stage
from reconciler.model.roles import Role
from reconciler.planning.index import Index
from reconciler.planning.projection import (
    CustomerStates,
    PersonStates,
    Projection,
    ServiceMoves,
)
from reconciler.planning.rights import CustomerState, PersonState
from reconciler.planning.row_states import (
    CREATED_CUSTOMER,
    customer_state,
    person_state,
    with_contact_fields,
    with_customer_fields,
)

# Before the plan creates them: no rights, so everything they get is a gain.
_ABSENT_PERSON = PersonState(Status.REMOVED, Role.OBSERVER, frozenset())
_ABSENT_CUSTOMER = CustomerState(active=False, services=frozenset(), ordering=False)


def project(groups: Iterable[Group], index: Index, names: Mapping[str, str]) -> Projection:
    """Return the people, customers and services that the groups can change. `names`: of people, by
    row id.
    """
    groups = list(groups)
    services = _services(groups, index)
    states = _States(index)
    group_of: dict[str, Group] = {}
    for group in groups:
        if group.stage is Stage.CUSTOMERS:
            for change in group.changes:
                group_of[states.apply(change)] = group
    any_service_moves = any(moves.moves for moves in services.values())
    rows = index.live.customers
    ids = {
        *group_of,
        *(id for id, row in rows.items() if any_service_moves and not row.archived),
    }
    customers = [_customer_states(id, states, group_of) for id in sorted(ids)]
    people = [
        _person_states(id, customer, states, names)
        for customer in customers
        for id in states.people_at(customer.id)
    ]
    return Projection(
        tuple(sorted(people, key=lambda s: (s.name, s.id))), tuple(customers), services
    )


def _services(groups: list[Group], index: Index) -> dict[str, ServiceMoves]:
    moves = {}
    for key, row in index.services.items():
        open_to_all = bool(row.fields.get("available_to_all"))
        moves[key] = ServiceMoves(open_to_all, open_to_all, open_to_all)
    # By stage, because closing starts from what the opening of the same service leaves.
    for group in sorted(groups, key=lambda group: group.stage):
        if group.service is None:
            continue
        moves_so_far = moves.get(group.service, ServiceMoves(None, None, None))
        state = _service_after(moves_so_far.after_opening, group.changes)
        if group.stage is Stage.OPENING:
            moves[group.service] = ServiceMoves(
                moves_so_far.before, state, state, opening_group=group.name
            )
        else:
            moves[group.service] = replace(
                moves_so_far, after_closing=state, closing_group=group.name
            )
    return moves


def _service_after(state: bool | None, changes: Iterable[Change]) -> bool | None:
    for change in changes:
        match change.kind:
            case Kind.REMOVE_SERVICE:
                state = None
            case Kind.CREATE_SERVICE:
                # The portal creates a service closed; a field of the same change may open
                # it.
                state = False
            case _:
                pass  # the other kinds change fields at most
        for field in change.fields:
            if field.name == "available_to_all":
                state = bool(field.after)
    return state


def _customer_states(
    id: str, states: _States, group_of: Mapping[str, Group]
) -> CustomerStates:
    row = states.index.live.customers.get(id)
    before = customer_state(row) if row else _ABSENT_CUSTOMER
    group = group_of.get(id)
    name = states.keys.get(id) or states.index.customer_key(id)
    return CustomerStates(
        id, name, group.name if group else None, before, states.customers.get(id, before)
    )


def _person_states(
    id: str, customer: CustomerStates, states: _States, names: Mapping[str, str]
) -> PersonStates:
    row = states.index.live.contacts.get(id)
    if row is None:
        return PersonStates(
            id,
            states.names[id],
            customer,
            _ABSENT_PERSON,
            states.people[id],
            protected_after=states.protected.get(id, False),
        )
    before = person_state(row)
    name = states.names.get(id) or names.get(id) or states.index.person(row)
    protected = row.fields.get("protected") is True
    protected_after = states.protected.get(id, protected)
    return PersonStates(
        id,
        name,
        customer,
        before,
        states.people.get(id, before),
        protected,
        protected_after,
        row.life,
    )


class _States:
    """People and customers after changes, by row id; those that a change creates by key."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.people: dict[str, PersonState] = {}
        self.protected: dict[str, bool] = {}
        self.customers: dict[str, CustomerState] = {}
        self.names: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self._new: dict[str, list[str]] = defaultdict(list)

    def people_at(self, customer: str) -> list[str]:
        """Return the row ids of everybody at a customer, tombstones included."""
        return [
            *(row.id for row in self.index.contacts.get(customer, ())),
            *self._new[customer],
        ]

    def apply(self, change: Change) -> str:
        """Apply a change and return the id of its customer."""
        customer = change.target.customer_id or f"new:{change.customer}"
        self.keys[customer] = str(change.customer)
        if change.object is ObjectKind.CUSTOMER:
            self._customer(change, customer)
        else:
            self._contact(change, customer)
        return customer

    def _customer(self, change: Change, customer: str) -> None:
        row = self.index.live.customers.get(customer)
        before = self.customers.get(customer) or (
            customer_state(row) if row else CREATED_CUSTOMER
        )
        after = with_customer_fields(before, change)
        match change.kind:
            case Kind.ARCHIVE_CUSTOMER:
                after = replace(after, active=False)
                for id in self.people_at(customer):
                    self.people[id] = replace(self._person(id), status=Status.REMOVED)
            case Kind.RESTORE_CUSTOMER:
                after = replace(after, active=True)
                for contact in self.index.contacts.get(customer, ()):
                    if contact.removal and contact.removal.with_customer:
                        self.people[contact.id] = replace(
                            self._person(contact.id), status=Status.INVITED
                        )
            case _:
                pass  # the other kinds change fields at most
        self.customers[customer] = after

    def _contact(self, change: Change, customer: str) -> None:
        id = change.target.id or f"new:{change.customer}/{change.contact}"
        for field in change.fields:
            if field.name == "protected":
                self.protected[id] = bool(field.after)
        match change.kind:
            case Kind.CREATE_CONTACT | Kind.APPROVE_REGISTRATION:
                person = PersonState(Status.INVITED, Role.REQUESTER, None)
                self.people[id] = with_contact_fields(person, change)
                self.names[id] = f"{change.customer}/{change.contact}"
                # A created person has no row; without this, `people_at` would not find
                # them.
                self._new[customer].append(id)
            case Kind.RESTORE_CONTACT:
                self.people[id] = replace(
                    with_contact_fields(self._person(id), change), status=Status.INVITED
                )
            case Kind.CHANGE_EMAIL:
                self.people[id] = replace(self._person(id), status=Status.INVITED)
            case Kind.REMOVE_CONTACT:
                self.people[id] = replace(self._person(id), status=Status.REMOVED)
            case Kind.REJECT_REGISTRATION:
                pass  # a registration is not a contact
            case _:
                self.people[id] = with_contact_fields(self._person(id), change)

    def _person(self, id: str) -> PersonState:
        return self.people.get(id) or person_state(self.index.live.contacts[id])
