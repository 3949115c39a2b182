"""One transaction of the simulated portal: what it may write, and what it must still keep.

Below `simulated`, which carries out the operations. In: a live state. Out: another one, when all
promises of the contract are kept; `BatchRefused` otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.model.changes import Change, Kind, Mail, MailKind, ObjectKind
from reconciler.model.equality import address_key
from reconciler.model.live import (
    Actor,
    Applied,
    LiveContact,
    LiveCustomer,
    LiveObject,
    LiveSettings,
    LiveState,
    OpenRequest,
    Registration,
    Status,
    Touch,
)
from reconciler.model.roles import Role, may_hold_work
from reconciler.planning.rights import CustomerState, PersonState, rights_once_active, service_right, services_of
from tests.builders import NOW, OWNER

_MANAGING: Final = {Status.ACTIVE, Status.INVITED}


class BatchRefused(Exception):
    """The portal took no part of a batch."""

    def __init__(self, slug: str, about: str) -> None:
        super().__init__(f"{slug}: {about}")
        self.slug = slug


@dataclass
class Transaction:
    """One transaction: copies of what it may write, and what it must still keep."""

    before: LiveState
    commit: str | None
    customers: dict[str, LiveCustomer] = field(init=False)
    contacts: dict[str, LiveContact] = field(init=False)
    services: dict[str, LiveObject] = field(init=False)
    registrations: dict[str, Registration] = field(init=False)
    requests: dict[str, OpenRequest] = field(init=False)
    settings: LiveSettings = field(init=False)
    queued: list[tuple[MailKind, LiveContact | Registration, str]] = field(default_factory=list)
    free_addresses: set[str] = field(default_factory=set)
    free_names: set[str] = field(default_factory=set)
    free_keys: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    handed_over: set[str] = field(default_factory=set)
    catalogue: bool = False
    """Whether the settings or a service were written."""

    def __post_init__(self) -> None:
        for name in ("customers", "contacts", "services", "registrations", "requests"):
            setattr(self, name, dict(getattr(self.before, name)))
        self.settings = self.before.settings

    def state(self) -> LiveState:
        for id in self.touched:
            if id in self.customers and self.commit is not None:
                kept_by = self.customers[id].owner and self.commit
                self.customers[id] = replace(self.customers[id], last_commit=kept_by)
        if self.catalogue and self.commit is not None:
            commits = {**self.settings.last_commits, OWNER: self.commit}
            self.settings = replace(self.settings, last_commits=commits)
        names = ("settings", "services", "customers", "contacts", "registrations", "requests")
        kept: dict[str, Any] = {name: getattr(self, name) for name in names}
        return replace(self.before, revision=self.before.revision + 1, **kept)

    def park(self, changes: Iterable[Change]) -> None:
        """Addresses and keys that the batch gives away are free from its beginning."""
        for change in changes:
            if change.kind in {Kind.REMOVE_CONTACT, Kind.CHANGE_EMAIL}:
                self.free_addresses.add(str(change.target.id))
            if change.object is ObjectKind.CUSTOMER and any(f.name == "name" for f in change.fields):
                self.free_names.add(str(change.target.id))
            if change.kind in {Kind.RENAME_CONTACT, Kind.RENAME_CUSTOMER}:
                self.free_keys.add(str(change.target.id))

    def written(self, row: Any, change: Change) -> Any:
        """The row with the change's fields, base and, unless it only remembers, our key."""
        self.fresh(row, change)
        at = Touch("reconciler", Actor.RECONCILER, NOW)
        fields = {**row.fields, **{f.name: f.after for f in change.fields}}
        touched = {**row.touched, **{f.name: at for f in change.fields}}
        base = row.applied if change.base is None else Applied(change.present, dict(change.base), self.commit)
        key = change.service or change.contact or change.customer or "settings"
        owned = change.kind not in {Kind.RECORD, Kind.HAND_OVER_WORK, Kind.REMOVE_CONTACT}
        if owned and row.external_key not in {None, key} and "rename" not in change.kind:
            raise BatchRefused("stale", f"{row.id} is called {row.external_key}, not {key}")
        named = {"external_key": key, "owner": OWNER} if owned else {}
        return replace(row, version=row.version + 1, fields=fields, touched=touched, applied=base, **named)

    def fresh(self, row: LiveObject, change: Change) -> None:
        tables: list[Any] = [self.before.customers, self.before.contacts, self.before.services]
        known = next((table[row.id] for table in tables if row.id in table), self.before.settings)
        if change.target.version != known.version:
            raise BatchRefused("stale", f"{row.id} is of version {known.version}, not {change.target.version}")
        if row.owner is None and change.kind is Kind.HAND_OVER_WORK:
            self.handed_over.add(row.id)  # a later operation of the batch has to adopt the contact
            return
        adopted = {Kind.ADOPT_SETTINGS, Kind.ADOPT_SERVICE, Kind.ADOPT_CUSTOMER, Kind.ADOPT_CONTACT}
        if row.owner != OWNER and (row.owner is not None or change.kind not in adopted):
            raise BatchRefused("other-owner", row.id)

    def known_services(self, row: LiveObject) -> None:
        named = row.fields.get("services")
        unknown = set(named if isinstance(named, tuple) else ()) - {
            str(s.fields["code"]) for s in self.services.values()
        }
        if unknown:
            raise BatchRefused("unprocessable", f"there is no service {sorted(unknown)}")

    def enter(self, row: LiveContact) -> None:
        """The row takes its place: one holder of its address, one living contact under its key."""
        living = [c for c in self.contacts.values() if c.living]
        address = address_key(row.email)
        if not self._parked(row):
            holders = [c for c in living if not self._parked(c)]
            self.free("address-taken", holders, row.id, lambda c: address_key(c.email) == address)
        named = [c for c in living if c.customer_id == row.customer_id and c.id not in self.free_keys]
        if row.external_key is not None:
            self.free("key-taken", named, row.id, lambda c: c.external_key == row.external_key)
        self.contacts[row.id] = row

    def _parked(self, row: LiveContact) -> bool:
        """Whether the contact still has the address that this batch takes from it."""
        before = self.before.contacts.get(row.id)
        return (
            row.id in self.free_addresses and before is not None and address_key(before.email) == address_key(row.email)
        )

    def free(self, slug: str, rows: Iterable[Any], id: str, same: Callable[[Any], bool]) -> None:
        taken = [row.id for row in rows if row.id != id and same(row)]
        if taken:
            raise BatchRefused(slug, f"{id} and {taken}")

    def mail(self, kind: MailKind, person: LiveContact | Registration, to: str = "") -> None:
        """A mail to the person, as the batch leaves them; a new invitation takes the place of an older one."""
        if kind is MailKind.ACTIVATION_AGAIN:
            self.withdraw_invitation(person.id)
        self.queued.append((kind, person, to))

    def withdraw_invitation(self, id: str) -> None:
        self.queued = [entry for entry in self.queued if entry[1].id != id or entry[0] is not MailKind.ACTIVATION_AGAIN]

    def mails(self) -> tuple[Mail, ...]:
        return tuple(self._mail(*entry) for entry in self.queued)

    def _mail(self, kind: MailKind, person: LiveContact | Registration, to: str) -> Mail:
        if isinstance(person, Registration):
            email, own = person.email, person.language
        else:
            person = self.contacts[person.id]
            email, own = person.email, str(person.fields.get("language") or "")
        home = self.customers[person.customer_id].fields.get("language") if person.customer_id else None
        return Mail(kind, to or email, str(own or home or "en"))

    def keep_promises(self) -> None:
        """What every commit must keep: what is protected, owners of open work, managers, one holder of every address."""
        self._keep_protected()
        for id in self.handed_over:
            if self.contacts[id].owner != OWNER:
                raise BatchRefused("other-owner", id)
        for request in self.requests.values():
            owner = self.contacts[request.owner_id]
            if not owner.living or not may_hold_work(owner.role) or owner.customer_id != request.customer_id:
                raise BatchRefused("no-heir", f"{request.id} of {owner.id}")
        for id in self.touched & set(self.before.customers):
            row = self.customers[id]
            optional = row.applied is not None and row.applied.fields.get("manager_optional")
            had, has = _managed(self.before.contacts.values(), id), _managed(self.contacts.values(), id)
            if had and not has and not row.archived and not optional:
                raise BatchRefused("last-manager", id)
        addresses = [address_key(row.email) for row in self.contacts.values() if row.living]
        if len(addresses) != len(set(addresses)):
            raise BatchRefused("address-taken", "at the end")

    def _keep_protected(self) -> None:
        """Rows that were protected before the batch lose nothing in it."""
        for row in self.before.customers.values():
            if row.fields.get("protected") and not row.archived and not _is_kept_customer(row, self.customers[row.id]):
                raise BatchRefused("protected", row.id)
        for person in self.before.contacts.values():
            if person.fields.get("protected") and person.living:
                now = self.contacts[person.id]
                kept = now.living and now.owner in {person.owner, OWNER} and now.customer_id == person.customer_id
                had, has = _rights(self.before.customers, self.before.services, person), _rights(self.customers, self.services, now)  # fmt: skip
                if not kept or address_key(now.email) != address_key(person.email) or had - has:
                    raise BatchRefused("protected", person.id)


def _is_kept_customer(before: LiveCustomer, now: LiveCustomer) -> bool:
    same_key = before.external_key in {None, now.external_key}
    return not now.archived and now.name == before.name and same_key and now.owner in {before.owner, OWNER}


def _rights(
    customers: Mapping[str, LiveCustomer], services: Mapping[str, LiveObject], row: LiveContact
) -> frozenset[str]:
    """The rights of a person once they are active, with services by the ids of their rows."""
    home = customers[row.customer_id].fields
    person = PersonState(row.status, row.role, services_of(row.fields.get("services")))
    customer = CustomerState(
        not customers[row.customer_id].archived, services_of(home.get("services")), bool(home.get("project_managers"))
    )
    open_to_all = {str(each.fields["code"]): bool(each.fields.get("available_to_all")) for each in services.values()}
    ids = {service_right(str(each.fields["code"])): id for id, each in services.items()}
    return frozenset(ids.get(right, right) for right in rights_once_active(person, customer, open_to_all))


def _managed(contacts: Iterable[LiveContact], customer: str) -> bool:
    return any(c.customer_id == customer and c.role is Role.MANAGER and c.status in _MANAGING for c in contacts)
