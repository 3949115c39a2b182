"""The administrator's contacts: list, add, edit, reassign, remove, restore, erase.

The page of a contact is also that of a registration; `routes.registrations` has its forms.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, Select, select

from reconciler.portal.actions import contacts, erasure
from reconciler.portal.actions.offers import orderable_services
from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.contacts import (
    contact_fields_at_customer,
    edit_contact,
    hand_over_work,
    heir_options,
    remove_contact,
    service_choices,
)
from reconciler.portal.pages.forms.form import Form, Mistakes, SubmittedForm
from reconciler.portal.pages.languages import language_choices
from reconciler.portal.pages.queries.paging import count_rows, read_page, with_words
from reconciler.portal.pages.queries.rows import (
    RowValues,
    active_customers,
    contact_with_heirs,
    customer_of,
    git_path_of,
    names_of_customers,
)
from reconciler.portal.pages.rendering import translator
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import WORK_ROLES, Role
from reconciler.portal.rules.states import LIVING, ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
ContactAdmitter = Annotated[PageContext, page_context("contacts.admit")]
ContactAdder = Annotated[PageContext, page_context("contacts.add")]
ContactEditor = Annotated[PageContext, page_context("contacts.edit")]
ContactRemover = Annotated[PageContext, page_context("contacts.remove")]
WorkReassigner = Annotated[PageContext, page_context("contacts.hand-over")]
CustomerId = Annotated[str, Query(max_length=40)]
# Registrations at the top of the list, which has no second page of them.
MAX_REGISTRATIONS: Final = 200
CONTACTS_PATH: Final = "/admin/contacts"


@router.get(CONTACTS_PATH)
def list_contacts(
    context: ContactAdmitter,
    customer: CustomerId = "",
    q: Annotated[str, Query(max_length=200)] = "",
    include_removed: Annotated[bool, Query(alias="everybody")] = False,
    after: Annotated[str | None, Query(max_length=800)] = None,
) -> Response:
    """Return the registrations that wait for approval, then the contacts by name."""
    statement = _contacts_statement(customer, q, include_removed=include_removed)
    with context.store.read() as connection:
        # Later pages continue the list of contacts, not that of registrations.
        registrations = [] if after else _pending_registrations(connection)
        rows, next_cursor = read_page(
            connection, statement, (t.contacts.c.name, t.contacts.c.id), after
        )
        people = _with_customers(connection, rows)
        count = count_rows(connection, statement)
        customers = active_customers(connection)
    query = {"customer": customer, "q": q}
    if include_removed:
        query["everybody"] = "true"
    return context.render(
        "contacts/list.html",
        registrations=registrations,
        contacts=people,
        count=count,
        customers=customers,
        q=q,
        customer=customer,
        include_removed=include_removed,
        is_filtered=bool(customer or q),
        first_page=f"{CONTACTS_PATH}?{urlencode(query)}" if after else None,
        next_page=f"{CONTACTS_PATH}?{urlencode({**query, 'after': next_cursor})}"
        if next_cursor
        else None,
    )


def _pending_registrations(connection: Connection) -> list[RowValues]:
    c = t.contacts.c
    rows = connection.execute(
        select(t.contacts)
        .where(c.status == ContactStatus.UNAPPROVED)
        .order_by(c.id)
        .limit(MAX_REGISTRATIONS)
    )
    return _with_customers(connection, [dict(row) for row in rows.mappings()])


def _contacts_statement(customer: str, q: str, *, include_removed: bool) -> Select[Any]:
    c = t.contacts.c
    statement = select(t.contacts).where(c.status != ContactStatus.UNAPPROVED)
    if not include_removed:
        statement = statement.where(c.status != ContactStatus.REMOVED)
    if customer:
        statement = statement.where(c.customer == customer)
    return with_words(statement, t.contacts, q)


def _with_customers(connection: Connection, people: list[RowValues]) -> list[RowValues]:
    """Return the people, each with the names of the customer, and the file in git."""
    customers = names_of_customers(connection, {person["customer"] for person in people})
    return [
        {
            **person,
            "customer_names": customers.get(person["customer"]),
            "git_path": git_path_of("contact", person, customers.get(person["customer"])),
        }
        for person in people
    ]


BLANK_CONTACT: Final = {
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


@router.get(f"{CONTACTS_PATH}/new")
def show_new_contact(context: ContactAdder, customer: CustomerId = "") -> Response:
    """Return the form that adds a contact; `customer` is chosen in it."""
    return _new_contact_page(context, customer)


def _new_contact_page(
    context: PageContext,
    customer: str,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    with context.store.read() as connection:
        customers = active_customers(connection)
        services = service_choices(connection, {**BLANK_CONTACT, "customer": customer})
    return context.render(
        "contacts/new.html",
        mistakes=mistakes,
        customers=customers,
        services=services,
        chosen_customer=customer,
        person=BLANK_CONTACT,
        form=form,
        customer=None,
        language_choices=language_choices(
            translator(context.language), form.text("language") if form else None
        ),
    )


@router.post(CONTACTS_PATH)
def add_contact(context: ContactAdder, form: SubmittedForm) -> Response:
    """Add a contact, who gets a mail with a link."""

    def write_action(work: Work) -> str:
        fields = contact_fields_at_customer(work, form, BLANK_CONTACT)
        row = contacts.add(work, work.get("customer", form.text("customer")), fields)
        work.audit(AuditAction.POST_CONTACTS, row, None, fields)
        return f"{CONTACTS_PATH}/{row.id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _new_contact_page(context, form.text("customer"), form, mistakes),
        message="added",
    )


@router.get(f"{CONTACTS_PATH}/{{id}}")
def show_contact(context: ContactAdmitter, id: str, customer: CustomerId = "") -> Response:
    """Return the page of a contact or registration.

    `customer` is chosen in the form of a registration; its services are the choices.
    """
    return contact_page(context, id, chosen_customer=customer)


def contact_page(
    context: PageContext,
    id: str,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
    event: str = "",
    chosen_customer: str = "",
) -> Response:
    """Return the page; `form` was refused, and `event` tells which of the page's forms it is."""
    chosen_customer = form.text("customer") if form else chosen_customer
    with context.store.read() as connection:
        person, people = contact_with_heirs(
            connection, row_in_scope(connection, context.grant, t.contacts, id)
        )
        customer = (
            customer_of(connection, person["customer"]) if person["customer"] else None
        )
        is_registration = person["status"] == ContactStatus.UNAPPROVED
        customers = active_customers(connection) if is_registration else []
        services = service_choices(
            connection, {**person, "customer": chosen_customer or person["customer"]}
        )
        orderable = orderable_services(connection, id) if person["customer"] else []
    # The forms of events have no language, so they do not change the choice of the other form.
    language = form.text("language") if form and not event else person["language"]
    return context.render(
        "contacts/detail.html",
        mistakes=mistakes and (mistakes.for_event(event) if event else mistakes),
        base_path=CONTACTS_PATH,
        person=person,
        customer=customer,
        customers=customers,
        heirs=heir_options(people, id),
        services=services,
        git_path=git_path_of("contact", person, customer),
        form=form,
        event=event,
        has_foreign_domain=_has_foreign_domain(person, customer),
        customer_is_managed=bool(customer and customer["owner"]),
        language_choices=language_choices(translator(context.language), language),
        can_order_nothing=not orderable
        and person["role"] in WORK_ROLES
        and person["status"] in LIVING,
    )


def _has_foreign_domain(person: RowValues, customer: RowValues | None) -> bool:
    """Return whether the customer has domains, and the address of the person is at none of them."""
    domains = customer["email_domains"] if customer else []
    # The form of an address has its domain in lower case and as Punycode, which makes
    # `MÜNCHEN.example` and `xn--mnchen-3ya.example` equal.
    domain_forms = {
        same_address_form(f"x@{domain}").rpartition("@")[2] for domain in domains
    }
    return (
        bool(domain_forms)
        and same_address_form(person["email"]).rpartition("@")[2] not in domain_forms
    )


@router.post(f"{CONTACTS_PATH}/{{id}}")
def change_contact(context: ContactEditor, id: str, form: SubmittedForm) -> Response:
    """Change a contact's fields."""

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        edit_contact(work, context.grant, row, form)
        return f"{CONTACTS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: contact_page(context, id, form, mistakes),
        message="saved",
    )


@router.post(f"{CONTACTS_PATH}/{{id}}/reassign")
def reassign_work(context: WorkReassigner, id: str, form: SubmittedForm) -> Response:
    """Hand all open work of a contact over to a colleague."""

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        hand_over_work(work, context.grant, row, form)
        return f"{CONTACTS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: contact_page(context, id, form, mistakes, "reassign"),
        message="reassigned",
    )


@router.post(f"{CONTACTS_PATH}/{{id}}/remove")
def offboard_contact(context: ContactRemover, id: str, form: SubmittedForm) -> Response:
    """Remove a contact and hand the open work over, in one transaction."""

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        remove_contact(work, context.grant, row, form)
        return f"{CONTACTS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: contact_page(context, id, form, mistakes, "remove"),
        message="removed",
    )


# Last: it matches the paths of the forms above too, and those of registrations.
@router.post(f"{CONTACTS_PATH}/{{id}}/{{action}}")
def run_contact_action(
    context: ContactAdmitter, id: str, action: str, form: SubmittedForm
) -> Response:
    """Restore a removed contact, mail the link again, or erase a removed contact's data."""
    actions = {
        "restore": (AuditAction.CONTACTS_RESTORE, contacts.restore, "restored"),
        "resend": (
            AuditAction.CONTACTS_RESEND_ACTIVATION,
            contacts.resend_activation,
            "resent",
        ),
        "erase": (AuditAction.CONTACTS_ERASE, erasure.erase, "erased"),
    }
    if action not in actions:
        raise Problem("not-found", f"there is no action '{action}'")
    verb, carry_out, message = actions[action]

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        form.check_version(row.values, id)
        work.audit(verb, row, *carry_out(work, row))
        return f"{CONTACTS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: contact_page(context, id, None, mistakes),
        message=message,
    )
