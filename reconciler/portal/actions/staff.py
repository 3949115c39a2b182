"""Acts on the provider's people: invite, edit, remove; never the last administrator."""

from __future__ import annotations

from typing import Any

from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.fields import Fields
from reconciler.portal.actions.mails import Reader, link_end, new_link, post, staff_as_reader
from reconciler.portal.actions.people import must_be_free
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import COMMAND_LINE
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work


def add(work: Work, fields: Fields) -> Row:
    """One of the provider's people, who may come in once the link of `invite` or `link_to` was opened."""
    person = work.new("staff", {
        "name": fields["name"], "email": fields["email"], "kind": fields["kind"], "language": fields["language"],
        "status": StaffStatus.INVITED, "password": None, "address_form": None, "touched": {},
    })  # fmt: skip
    _take_address(work, person)
    work.touch(person, *fields, "presence")
    return person


def link_to(work: Work, person: Row) -> str:
    """A new activation link to one of the provider's people."""
    return f"{work.base_url}/activate/{new_link(work, 'activation', link_end(work), person)}"


def invite(work: Work, person: Row) -> None:
    """Mail the link behind which the password is set."""
    until = link_end(work)[:10]
    post(work, Wording.STAFF_ACTIVATION, staff_as_reader(person), link=link_to(work, person), until=until)


def invite_from_outside(store: Store, fields: Fields) -> tuple[str, bool]:
    """The link by which somebody comes into a portal that nobody can log in to yet; no mail is sent.

    The same address again: a new link, as long as the first one was not used, and True, for that one opens
    nothing any more.
    """
    with store.write(COMMAND_LINE) as work:
        found = work.where("staff", t.staff.c.address_form == same_address_form(fields["email"]))
        person = found[0] if found else add(work, fields)
        if person["status"] != StaffStatus.INVITED:
            raise Problem("wrong-state", f"'{person['email']}' is active already: set a new password at the log-in")
        work.end_access(person.id)
        work.audit(Verb.INVITE, person, None, {"name": person["name"], "kind": person["kind"]})
        return link_to(work, person), bool(found)


def resend(work: Work, person: Row) -> Audited:
    """A new link for somebody who has not opened the first one; that one does not work any more."""
    if person["status"] != StaffStatus.INVITED:
        raise Problem("wrong-state", f"'{person.id}' is {person['status']}, not invited")
    work.end_access(person.id)
    invite(work, person)
    work.written(person)
    return {}, {"status": StaffStatus.INVITED}


def edit(work: Work, person: Row, fields: Fields) -> Audited:
    """Change fields; another address takes access away until it is activated again."""
    _must_be_here(person)
    after: dict[str, Any] = {name: value for name, value in fields.items() if person[name] != value}
    before = {name: person[name] for name in after}
    old, status = staff_as_reader(person), person["status"]
    person.update(**after)
    if "email" in after:
        _take_address(work, person)
        if same_address_form(old.to) != person["address_form"]:
            _readdress(work, person, old)
            before, after = {**before, "status": status}, {**after, "status": StaffStatus.INVITED}
    if after:
        work.touch(person, *after)
    if after.keys() & {"kind", "status"}:
        _an_administrator_stays(work, person)
    return before, after


def _readdress(work: Work, person: Row, old: Reader) -> None:
    person.update(status=StaffStatus.INVITED, password=None)
    work.end_access(person.id)
    post(work, Wording.STAFF_ADDRESS_CHANGED, old)
    invite(work, person)


def remove(work: Work, person: Row) -> Audited:
    """One of the provider's people leaves: sessions end, the address is free again."""
    _must_be_here(person)
    before = {"status": person["status"]}
    work.end_access(person.id)
    person.update(status=StaffStatus.REMOVED, address_form=None, password=None)
    work.touch(person, "presence")
    _an_administrator_stays(work, person)
    return before, {"status": StaffStatus.REMOVED}


def administrators(work: Work) -> list[Row]:
    """The administrators who can log in."""
    c = t.staff.c
    return work.where("staff", c.kind == StaffKind.ADMINISTRATOR, c.status == StaffStatus.ACTIVE)


def _take_address(work: Work, person: Row) -> None:
    form = same_address_form(person["email"])
    must_be_free(work, form, person, person["email"])
    person["address_form"] = form


def _must_be_here(person: Row) -> None:
    if person["status"] == StaffStatus.REMOVED:
        raise Problem("wrong-state", f"'{person.id}' was removed")


def _an_administrator_stays(work: Work, person: Row) -> None:
    """A `last-administrator` problem when the person was the last who can run the portal."""
    was = (
        person.first is not None
        and person.first["kind"] == StaffKind.ADMINISTRATOR
        and person.first["status"] == StaffStatus.ACTIVE
    )
    if was and not administrators(work):
        raise Problem("last-administrator", f"'{person['name']}' is the last administrator: make another one first")
