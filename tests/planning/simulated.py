"""A portal without a portal: carries out a plan's groups on a live state as the batch contract says.

Comes from `reconciler/portal/README.md` (the table of operations), not from the server's code, so that
the planner is held to the contract. In: a live state and a group. Out: the live state after it, or
`BatchRefused` with the slug of the contract's error, and then nothing was changed. Each change is one
operation; the whole group is one transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, assert_never

from reconciler.model.changes import Change, Kind, Mail, MailKind, ObjectKind, ObjectRef
from reconciler.model.equality import name_key
from reconciler.model.live import (
    Actor,
    Applied,
    LiveContact,
    LiveCustomer,
    LiveObject,
    LiveState,
    Registration,
    Removal,
    Status,
    Touch,
)
from reconciler.model.plan import Group, Stage
from reconciler.model.roles import may_hold_work
from reconciler.model.values import Value
from tests.builders import NOW, OWNER
from tests.planning.transaction import BatchRefused, Transaction

_CUSTOMER: Final[dict[str, Value]] = {
    "description": None, "language": "en", "project_managers": (), "services": (), "email_domains": (),
    "protected": False,
}  # fmt: skip
_CONTACT: Final[dict[str, Value]] = {"services": "all", "language": None, "protected": False}


def carry_out(live: LiveState, group: Group, commit: str | None = None) -> tuple[LiveState, tuple[Mail, ...]]:
    """The live state after this group, and the mails that the portal sent for it."""
    batch = _Batch(live, commit)
    changes = [_current(change, live) if group.stage is Stage.CLOSING else change for change in group.changes]
    batch.park(changes)
    for number, change in enumerate(changes):
        batch.one(change, f"{live.revision + 1}-{number}")
    batch.keep_promises()
    return batch.state(), batch.mails()


def _current(change: Change, live: LiveState) -> Change:
    """The change with the version that the opening part of the same run left, as the driver sends it."""
    row = live.services.get(change.target.id or "")
    return replace(change, target=replace(change.target, version=row.version)) if row else change


class _Batch(Transaction):
    """The operations of a batch, one method per kind of object."""

    def one(self, change: Change, new_id: str) -> None:
        match change.object:
            case ObjectKind.SETTINGS:
                self.catalogue = True
                self.settings = self.written(self.settings, change)
            case ObjectKind.SERVICE:
                self.catalogue = True
                self._service(change, new_id)
            case ObjectKind.CUSTOMER:
                self._customer(change, f"cus_{new_id}")
            case ObjectKind.CONTACT:
                self._contact(change, f"con_{new_id}")
            case _:
                assert_never(change.object)

    def _service(self, change: Change, new_id: str) -> None:
        key, id = str(change.service), change.target.id or f"svc_{new_id}"
        match change.kind:
            case Kind.CREATE_SERVICE:
                self.free("key-taken", self.services.values(), id, lambda row: row.fields["code"] == key)
                fields = {"code": key, **{f.name: f.after for f in change.fields}}
                self.services[id] = LiveObject(id, 1, fields, key, OWNER, Applied(True, dict(change.base or {})))
            case Kind.RENAME_SERVICE:
                self._rename(id, str(change.previous_key), key, change)
            case Kind.REMOVE_SERVICE:
                self.fresh(self.services[id], change)
                self._unused(key)
                del self.services[id]
            case _:
                self.services[id] = self.written(self.services[id], change)

    def _rename(self, id: str, former: str, key: str, change: Change) -> None:
        """The service gets another key wherever it is named; these rows keep their versions."""
        row = self.services[id]
        self.fresh(row, change)
        self.services[id] = replace(row, fields={**row.fields, "code": key}, external_key=key)
        for table in (self.customers, self.contacts):
            for named in list(table.values()):
                table[named.id] = _naming(named, former, key)
        self.requests |= {one.id: replace(one, service=key) for one in self.requests.values() if one.service == former}

    def _unused(self, key: str) -> None:
        rows: list[Any] = [row for row in self.customers.values() if not row.archived]
        rows += [row for row in self.contacts.values() if row.living]
        users = [row.id for row in rows if isinstance(named := row.fields.get("services"), tuple) and key in named]
        users += [request.id for request in self.requests.values() if request.service == key]
        if users:
            raise BatchRefused("in-use", f"{key} by {users}")

    def _customer(self, change: Change, new_id: str) -> None:
        id = change.target.id or new_id
        self.touched.add(id)
        match change.kind:
            case Kind.CREATE_CUSTOMER:
                fields = {**_CUSTOMER, **{f.name: f.after for f in change.fields}}
                base = Applied(True, dict(change.base or {}), self.commit)
                self.customers[id] = LiveCustomer(id, 1, fields, change.customer, OWNER, base)
            case Kind.ARCHIVE_CUSTOMER:
                self._archive(id, change)
            case Kind.RESTORE_CUSTOMER:
                row = self.written(self.customers[id], change)
                self.customers[id] = replace(row, removal=None, life=row.life + 1)
                self._bring_back(id)
            case Kind.RELEASE_CUSTOMER:
                self.fresh(self.customers[id], change)
                self.customers[id] = _released(self.customers[id])
                self.contacts |= {
                    c.id: _released(c) for c in self.contacts.values() if c.customer_id == id and c.owner == OWNER
                }
            case _:
                self.customers[id] = self.written(self.customers[id], change)
        self._customer_is_one(id, change)

    def _gives_up_its_name(self, row: Any) -> bool:
        """Whether the customer still has the name that this batch takes from it."""
        before = self.before.customers.get(row.id)
        return row.id in self.free_names and before is not None and name_key(before.name) == name_key(row.name)

    def _customer_is_one(self, id: str, change: Change) -> None:
        row = self.customers[id]
        living = [other for other in self.customers.values() if not other.archived]
        if not row.archived:
            holders = [other for other in living if not self._gives_up_its_name(other)]
            if not self._gives_up_its_name(row):
                self.free("name-taken", holders, id, lambda other: name_key(other.fields["name"]) == name_key(row.name))
            self.free("key-taken", living, id, lambda o: o.owner == OWNER and o.external_key == row.external_key)
        if any(f.name == "services" for f in change.fields):
            self.known_services(row)

    def _archive(self, id: str, change: Change) -> None:
        row = self.customers[id]
        self.fresh(row, change)
        if any(request.customer_id == id for request in self.requests.values()):
            raise BatchRefused("open-requests", id)
        people = [contact for contact in self.contacts.values() if contact.customer_id == id and contact.living]
        self.customers[id] = replace(row, version=row.version + 1, removal=_removal(), applied=_absent(row.applied))
        for each in people:
            self.contacts[each.id] = replace(
                each, version=each.version + 1, status=Status.REMOVED, removal=_removal(with_customer=True),
                applied=_absent(each.applied),
            )  # fmt: skip
        self.registrations = {key: reg for key, reg in self.registrations.items() if reg.customer_id != id}

    def _bring_back(self, id: str) -> None:
        for row in list(self.contacts.values()):
            if row.customer_id == id and row.removal and row.removal.with_customer:
                base = replace(row.applied, present=True) if row.applied else None
                self.enter(replace(row, status=Status.INVITED, removal=None, applied=base, life=row.life + 1))
                self.mail(MailKind.ACTIVATION_AGAIN, row)

    def _contact(self, change: Change, new_id: str) -> None:
        id = change.target.id or new_id
        match change.kind:
            case Kind.CREATE_CONTACT | Kind.APPROVE_REGISTRATION:
                self._arrive(change, id)
            case Kind.REJECT_REGISTRATION:
                found = self._pending(change)
                self.mail(MailKind.REJECTED, found)
                del self.registrations[found.id]
            case Kind.REMOVE_CONTACT:
                self._remove(change, id)
            case Kind.HAND_OVER_WORK:
                self.fresh(self.contacts[id], change)
                self._hand_over(id, change.effects.work_to)
            case Kind.RELEASE_CONTACT:
                self.fresh(self.contacts[id], change)
                self.contacts[id] = _released(self.contacts[id])
            case Kind.RESTORE_CONTACT:
                row = self.written(self.contacts[id], change)
                if row.removal is None or row.removal.restorable_until <= NOW:
                    raise BatchRefused("not-restorable", id)
                self.enter(replace(row, status=Status.INVITED, removal=None, life=row.life + 1))
                self.mail(MailKind.ACTIVATION_AGAIN, row)
            case _:
                self._edit(change, id)
        if id in self.contacts:
            self.touched.add(self.contacts[id].customer_id)

    def _edit(self, change: Change, id: str) -> None:
        before = self.before.contacts[id]
        if change.kind is not Kind.RECORD and not self.contacts[id].living:
            raise BatchRefused("wrong-state", id)
        row = self.written(self.contacts[id], change)
        if change.kind is Kind.CHANGE_EMAIL:
            self.mail(MailKind.ACTIVATION_AGAIN, row)
            self.mail(MailKind.ADDRESS_CHANGED, row, before.email)
            row = replace(row, status=Status.INVITED)
        if any(f.name == "services" for f in change.fields):
            self.known_services(row)
        self.enter(row) if row.living else self.contacts.update({id: row})

    def _arrive(self, change: Change, id: str) -> None:
        home = self._home(change)
        known = [c for c in self.contacts.values() if c.customer_id == home and c.external_key == change.contact]
        own: dict[str, Value] = {}
        life = 1 + max((row.life for row in known), default=0)
        if change.kind is Kind.APPROVE_REGISTRATION:
            found = self._pending(change)
            if found.fingerprint != change.fingerprint or found.customer_id not in {None, home}:
                raise BatchRefused("registration-changed", found.id)
            own = {"language": found.language}
            del self.registrations[found.id]
            life = 1
        elif life != change.target.life:
            raise BatchRefused("stale", f"{change.contact} begins life {life}, not {change.target.life}")
        base = Applied(True, dict(change.base or {}), self.commit)
        fields = {**_CONTACT, **own, **{f.name: f.after for f in change.fields}}
        row = LiveContact(id, 1, fields, change.contact, OWNER, base, {}, home, Status.INVITED, life=life)
        self.known_services(row)
        self.enter(row)
        self.mail(MailKind.ACTIVATION, row)

    def _home(self, change: Change) -> str:
        rows = [row for row in self.customers.values() if row.owner == OWNER and row.external_key == change.customer]
        living = [row.id for row in rows if not row.archived]
        if not living or change.target.customer_id not in {None, living[0]}:
            raise BatchRefused("not-found", f"customer {change.customer}")
        return living[0]

    def _pending(self, change: Change) -> Registration:
        found = self.registrations.get(str(change.registration))
        if found is None or found.version != change.target.version:
            raise BatchRefused("registration-gone", str(change.registration))
        return found

    def _remove(self, change: Change, id: str) -> None:
        row = self.contacts[id]
        self.fresh(row, change)
        if change.effects.work_to is not None:
            self._hand_over(id, change.effects.work_to)
        if any(request.owner_id == id for request in self.requests.values()):
            raise BatchRefused("no-heir", id)
        self.withdraw_invitation(id)
        self.contacts[id] = replace(
            row, version=row.version + 1, status=Status.REMOVED, removal=_removal(), applied=_absent(row.applied)
        )

    def _hand_over(self, id: str, to: ObjectRef | None) -> None:
        heir = self._heir(id, to)
        if not heir.living or not may_hold_work(heir.role) or heir.id == id:
            raise BatchRefused("heir-may-not-hold-work", heir.id)
        moved = [request for request in self.requests.values() if request.owner_id == id]
        self.requests |= {request.id: replace(request, owner_id=heir.id) for request in moved}
        if moved:
            self.mail(MailKind.WORK_RECEIVED, heir)

    def _heir(self, giver: str, to: ObjectRef | None) -> LiveContact:
        home = self.contacts[giver].customer_id
        for row in self.contacts.values():
            named = row.living and to is not None and row.external_key == to.key and to.id is None
            if row.customer_id == home and to is not None and (row.id == to.id or named):
                return row
        raise BatchRefused("not-found", f"heir {to}")


def _naming(row: Any, former: str, key: str) -> Any:
    def renamed(fields: Any) -> Any:
        named = fields.get("services")
        if not isinstance(named, tuple):
            return fields
        return {**fields, "services": tuple(sorted({key if code == former else code for code in named}))}

    base = row.applied and replace(row.applied, fields=renamed(row.applied.fields))
    return replace(row, fields=renamed(row.fields), applied=base)


def _removal(*, with_customer: bool = False) -> Removal:
    at = Touch("reconciler", Actor.RECONCILER, NOW)
    return Removal(at, "2026-12-23T12:00:00Z", with_customer=with_customer)


def _absent(base: Applied | None) -> Applied | None:
    return replace(base, present=False) if base is not None else None


def _released(row: Any) -> Any:
    return replace(row, version=row.version + 1, external_key=None, owner=None, applied=None)
