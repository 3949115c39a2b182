"""The administrator's contacts: who waits for approval first; add, approve, edit, delete,
restore.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, Select, select

from reconciler.portal.actions import contacts, erasure, registrations
from reconciler.portal.actions.offers import orderable_services
from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.contacts import (
    dismiss,
    heir_options,
    orderable,
    pass_on,
    typed_fields,
    update,
)
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, missing, reason_of
from reconciler.portal.pages.languages import language_choices
from reconciler.portal.pages.queries.checkout import (
    Found,
    customer_of,
    file_of,
    homes,
    how_many,
    matching,
    names_of_customers,
    one_page,
    with_heirs,
)
from reconciler.portal.pages.rendering import speech
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import HOLDS_WORK, Role
from reconciler.portal.rules.states import LIVING, ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

router = APIRouter(include_in_schema=False)
Admits = Annotated[Visit, visits("contacts.admit")]
Adds = Annotated[Visit, visits("contacts.add")]
Edits = Annotated[Visit, visits("contacts.edit")]
Removes = Annotated[Visit, visits("contacts.remove")]
HandsOver = Annotated[Visit, visits("contacts.hand-over")]
MOST_WAITING: Final = 200
HERE: Final = "/admin/contacts"


@router.get(HERE)
def list_people(
    visit: Admits,
    customer: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    everybody: bool = False,
    after: Annotated[str | None, Query(max_length=800)] = None,
) -> Response:
    """The registrations that wait, then the contacts by name."""
    statement = _sought(customer, q, everybody=everybody)
    with visit.store.read() as connection:
        waiting = [] if after else _waiting(connection)
        rows, mark = one_page(
            connection, statement, (t.contacts.c.name, t.contacts.c.id), after
        )
        people, count = _at_home(connection, rows), how_many(connection, statement)
        known = homes(connection)
    asked = {"customer": customer, "q": q, **({"everybody": "true"} if everybody else {})}
    return visit.page(
        "contacts/list.html",
        waiting=waiting,
        people=people,
        count=count,
        homes=known,
        q=q,
        customer=customer,
        everybody=everybody,
        narrowed=bool(customer or q),
        first=f"{HERE}?{urlencode(asked)}" if after else None,
        following=f"{HERE}?{urlencode({**asked, 'after': mark})}" if mark else None,
    )


def _waiting(connection: Connection) -> list[Found]:
    c = t.contacts.c
    rows = connection.execute(
        select(t.contacts)
        .where(c.status == ContactStatus.UNAPPROVED)
        .order_by(c.id)
        .limit(MOST_WAITING)
    )
    return _at_home(connection, [dict(row) for row in rows.mappings()])


def _sought(customer: str, q: str, *, everybody: bool) -> Select[Any]:
    c = t.contacts.c
    statement = select(t.contacts).where(c.status != ContactStatus.UNAPPROVED)
    if not everybody:
        statement = statement.where(c.status != ContactStatus.REMOVED)
    if customer:
        statement = statement.where(c.customer == customer)
    return matching(statement, t.contacts, q)


def _at_home(connection: Connection, people: list[Found]) -> list[Found]:
    homes = names_of_customers(connection, {person["customer"] for person in people})
    return [
        {
            **person,
            "home": homes.get(person["customer"]),
            "file": file_of("contact", person, homes.get(person["customer"])),
        }
        for person in people
    ]


NOBODY: Final = {
    "id": None,
    "name": "",
    "email": "",
    "role": Role.REQUESTER,
    "language": None,
    "services": "all",
    "customer": None,
    "status": ContactStatus.INVITED,
    "protected": False,
}


@router.get(f"{HERE}/new")
def show_new(visit: Adds, customer: Annotated[str, Query(max_length=40)] = "") -> Response:
    """The form by which somebody is added."""
    return _new(visit, customer)


def _new(
    visit: Visit, customer: str, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    with visit.store.read() as connection:
        known, services = (
            homes(connection),
            orderable(connection, {**NOBODY, "customer": customer}),
        )
    return visit.page(
        "contacts/new.html",
        wrong=wrong,
        homes=known,
        services=services,
        chosen=customer,
        person=NOBODY,
        form=form,
        customer=None,
        language_choices=language_choices(
            speech(visit.language), form.text("language") if form else None
        ),
    )


@router.post(HERE)
def add(visit: Adds, form: Sent) -> Response:
    """Add somebody, who gets a mail with a link."""

    def act(work: Work) -> str:
        fields = _at_a_customer(work, form, NOBODY)
        row = contacts.add(work, work.get("customer", form.text("customer")), fields)
        work.audit(Verb.POST_CONTACTS, row, None, fields)
        return f"{HERE}/{row.id}"

    return visit.submit(
        form,
        act,
        lambda wrong: _new(visit, form.text("customer"), form, wrong),
        done="added",
    )


def _at_a_customer(work: Work, form: Form, person: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of somebody who comes to the customer that the form names."""
    services = orderable(work.connection, {**person, "customer": form.text("customer")})
    nowhere = missing(form, "customer")
    try:
        fields = typed_fields(
            form, services=[code for code, _ in services], language=person["language"]
        )
    except Mistakes as wrong:
        raise Mistakes({**nowhere, **wrong.fields}) from None
    if nowhere:
        raise Mistakes(nowhere)
    return fields


@router.get(f"{HERE}/{{id}}")
def show_one(
    visit: Admits, id: str, customer: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """One contact or registration, with all that an administrator may do; `customer`: to which
    it shall belong.
    """
    return _one(visit, id, wished=customer)


def _one(
    visit: Visit,
    id: str,
    form: Form | None = None,
    wrong: Mistakes | None = None,
    event: str = "",
    wished: str = "",
) -> Response:
    wished = form.text("customer") if form else wished
    with visit.store.read() as connection:
        person, people = with_heirs(
            connection, row_in_scope(connection, visit.grant, t.contacts, id)
        )
        customer = (
            customer_of(connection, person["customer"]) if person["customer"] else None
        )
        known = homes(connection) if person["status"] == ContactStatus.UNAPPROVED else []
        services = orderable(
            connection, {**person, **({"customer": wished} if wished else {})}
        )
        orders = orderable_services(connection, id) if person["customer"] else []
    language = form.text("language") if form and not event else person["language"]
    return visit.page(
        "contacts/one.html",
        wrong=wrong and (wrong.of(event) if event else wrong),
        base=HERE,
        back=HERE,
        person=person,
        customer=customer,
        homes=known,
        heirs=heir_options(people, id),
        services=services,
        file=file_of("contact", person, customer),
        form=form,
        event=event,
        foreign=_foreign(person, customer),
        managed_home=bool(customer and customer["owner"]),
        language_choices=language_choices(speech(visit.language), language),
        orders_nothing=not orders
        and person["role"] in HOLDS_WORK
        and person["status"] in LIVING,
    )


def _foreign(person: Found, customer: Found | None) -> bool:
    domains = customer["email_domains"] if customer else []
    domain = same_address_form(person["email"]).rpartition("@")[2]
    return bool(domains) and domain not in {
        same_address_form(f"x@{each}").rpartition("@")[2] for each in domains
    }


@router.post(f"{HERE}/{{id}}")
def edit(visit: Edits, id: str, form: Sent) -> Response:
    """Change a contact."""

    def act(work: Work) -> str:
        update(work, visit.grant, get_in_scope(work, visit.grant, "contact", id), form)
        return f"{HERE}/{id}"

    return visit.submit(form, act, lambda wrong: _one(visit, id, form, wrong), done="saved")


@router.post(f"{HERE}/{{id}}/reassign")
def reassign(visit: HandsOver, id: str, form: Sent) -> Response:
    """All open work of a contact goes to a colleague."""

    def act(work: Work) -> str:
        pass_on(work, visit.grant, get_in_scope(work, visit.grant, "contact", id), form)
        return f"{HERE}/{id}"

    return visit.submit(
        form, act, lambda wrong: _one(visit, id, form, wrong, "reassign"), done="reassigned"
    )


@router.post(f"{HERE}/{{id}}/remove")
def remove(visit: Removes, id: str, form: Sent) -> Response:
    """A contact leaves; the open work goes to a colleague in the same moment."""

    def act(work: Work) -> str:
        dismiss(work, visit.grant, get_in_scope(work, visit.grant, "contact", id), form)
        return f"{HERE}/{id}"

    return visit.submit(
        form, act, lambda wrong: _one(visit, id, form, wrong, "remove"), done="removed"
    )


@router.post(f"{HERE}/{{id}}/approve")
def approve(visit: Admits, id: str, form: Sent) -> Response:
    """Let a registrant in, at the chosen customer, with the fields of the form."""

    def act(work: Work) -> str:
        row = _seen(work, visit, id, form)
        fields = _at_a_customer(work, form, row.values)
        home = work.get("customer", form.text("customer"))
        if row["customer"] != home.id:
            work.audit(Verb.CONTACTS_ASSIGN, row, *registrations.assign(work, row, home))
        work.audit(
            Verb.CONTACTS_APPROVE, row, *registrations.approve(work, row, home, fields)
        )
        return f"{HERE}/{id}"

    return visit.submit(
        form, act, lambda wrong: _one(visit, id, form, wrong), done="approved"
    )


@router.post(f"{HERE}/{{id}}/reject")
def reject(visit: Admits, id: str, form: Sent) -> Response:
    """Do not let a registrant in."""

    def act(work: Work) -> str:
        row = _seen(work, visit, id, form)
        work.audit(
            Verb.CONTACTS_REJECT,
            row,
            *registrations.reject(work, row, reason_of(form, "why")),
        )
        return f"{HERE}/{id}"

    return visit.submit(
        form, act, lambda wrong: _one(visit, id, form, wrong, "reject"), done="rejected"
    )


def _seen(work: Work, visit: Visit, id: str, form: Form) -> Row:
    row = get_in_scope(work, visit.grant, "contact", id)
    if row["status"] != ContactStatus.UNAPPROVED:
        raise Problem("registration-gone", f"contact '{id}' is {row['status']}")
    form.must_match(row.values, id)
    return row


@router.post(f"{HERE}/{{id}}/{{action}}")
def act_on(visit: Admits, id: str, action: str, form: Sent) -> Response:
    """Restore a deleted contact, send the link again, or erase the personal data of a deleted
    one.
    """
    acts = {
        "restore": (Verb.CONTACTS_RESTORE, contacts.restore, "restored"),
        "resend": (Verb.CONTACTS_RESEND_ACTIVATION, contacts.resend_activation, "resent"),
        "erase": (Verb.CONTACTS_ERASE, erasure.erase, "erased"),
    }
    if action not in acts:
        raise Problem("not-found", f"there is no action '{action}'")
    verb, carry_out, done = acts[action]

    def act(work: Work) -> str:
        row = get_in_scope(work, visit.grant, "contact", id)
        form.must_match(row.values, id)
        work.audit(verb, row, *carry_out(work, row))
        return f"{HERE}/{id}"

    return visit.submit(form, act, lambda wrong: _one(visit, id, None, wrong), done=done)
