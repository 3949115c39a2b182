"""Actions on staff: invite, edit, remove; the last administrator stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.fields import Fields
from reconciler.portal.actions.mails import (
    new_link,
    new_link_expiry,
    queue_mail,
    staff_recipient,
)
from reconciler.portal.actions.people import check_address_is_free
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import COMMAND_LINE
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work


def add(work: Work, fields: Fields) -> Row:
    """Add a staff member, who may log in after opening a link of `invite` or `activation_link`."""
    person = work.new(
        "staff",
        {
            "name": fields["name"],
            "email": fields["email"],
            "kind": fields["kind"],
            "language": fields["language"],
            "status": StaffStatus.INVITED,
            "password": None,
            "address_form": None,
            "touched": {},
        },
    )
    _claim_address(work, person)
    work.touch(person, *fields, "presence")
    return person


def activation_link(work: Work, person: Row) -> str:
    """Return a new activation link for a staff member."""
    return f"{work.base_url}/activate/{new_link(work, 'activation', new_link_expiry(work), person)}"


def invite(work: Work, person: Row) -> None:
    """Mail the link behind which the password is set."""
    until = new_link_expiry(work)[:10]
    queue_mail(
        work,
        Wording.STAFF_ACTIVATION,
        staff_recipient(person),
        link=activation_link(work, person),
        until=until,
    )


def invite_by_link(store: Store, fields: Fields) -> tuple[str, bool]:
    """Return a link for a person who cannot be mailed yet, and whether it replaces another.

    No mail is sent. The same address gets a new link while the first one is unused; the older link
    stops working.
    """
    with store.write(COMMAND_LINE) as work:
        existing = work.where(
            "staff", t.staff.c.address_form == same_address_form(fields["email"])
        )
        person = existing[0] if existing else add(work, fields)
        if person["status"] != StaffStatus.INVITED:
            raise Problem(
                "wrong-state",
                f"'{person['email']}' is already active; reset the password on the log-in page",
            )
        work.end_access(person.id)
        work.audit(
            AuditAction.INVITE,
            person,
            None,
            {"name": person["name"], "kind": person["kind"]},
        )
        return activation_link(work, person), bool(existing)


def resend_activation(work: Work, person: Row) -> AuditValues:
    """Send a staff member a new link if the first one is unused; the first one stops working."""
    if person["status"] != StaffStatus.INVITED:
        raise Problem("wrong-state", f"'{person.id}' is {person['status']}, not invited")
    work.end_access(person.id)
    invite(work, person)
    work.count_version(person)
    return {}, {"status": StaffStatus.INVITED}


def edit(work: Work, person: Row, fields: Fields) -> AuditValues:
    """Change fields; a new address suspends access until it is activated."""
    _check_not_removed(person)
    after: dict[str, Any] = {
        name: value for name, value in fields.items() if person[name] != value
    }
    before = {name: person[name] for name in after}
    old, status = person["email"], person["status"]
    person.update(**after)
    if "email" in after:
        _claim_address(work, person)
        if same_address_form(old) != person["address_form"]:
            _reset_access(work, person, old)
            before, after = (
                {**before, "status": status},
                {**after, "status": StaffStatus.INVITED},
            )
    if after:
        work.touch(person, *after)
    if after.keys() & {"kind", "status"}:
        _check_administrator_remains(work, person)
    return before, after


def _reset_access(work: Work, person: Row, old: str) -> None:
    person.update(status=StaffStatus.INVITED, password=None)
    work.end_access(person.id)
    recipient = replace(staff_recipient(person), to=old)
    queue_mail(work, Wording.STAFF_ADDRESS_CHANGED, recipient)
    invite(work, person)


def remove(work: Work, person: Row) -> AuditValues:
    """Remove a staff member: end their sessions and free the address."""
    _check_not_removed(person)
    before = {"status": person["status"]}
    work.end_access(person.id)
    person.update(status=StaffStatus.REMOVED, address_form=None, password=None)
    work.touch(person, "presence")
    _check_administrator_remains(work, person)
    return before, {"status": StaffStatus.REMOVED}


def administrators(work: Work) -> list[Row]:
    """Return the administrators who can log in."""
    c = t.staff.c
    return work.where(
        "staff", c.kind == StaffKind.ADMINISTRATOR, c.status == StaffStatus.ACTIVE
    )


def _claim_address(work: Work, person: Row) -> None:
    form = same_address_form(person["email"])
    check_address_is_free(work, form, person, person["email"])
    person["address_form"] = form


def _check_not_removed(person: Row) -> None:
    if person["status"] == StaffStatus.REMOVED:
        raise Problem("wrong-state", f"'{person.id}' was removed")


def _check_administrator_remains(work: Work, person: Row) -> None:
    """Raise a `last-administrator` problem if no active administrator remains."""
    # only a loss is refused: a new portal has no administrator until the first one logs in
    was = (
        person.first is not None
        and person.first["kind"] == StaffKind.ADMINISTRATOR
        and person.first["status"] == StaffStatus.ACTIVE
    )
    if was and not administrators(work):
        raise Problem(
            "last-administrator",
            f"'{person['name']}' is the last administrator; add another one first",
        )
