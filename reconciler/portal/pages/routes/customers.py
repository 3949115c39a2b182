"""The administrator's customers: list, add, edit, registration code, archive, restore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, func, select

from reconciler.portal.actions import customers
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.schemas import CustomerFields
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import (
    FilledSentence,
    Form,
    Mistakes,
    MistakeSentence,
    SubmittedForm,
    is_domain,
    missing_fields,
    validate,
)
from reconciler.portal.pages.languages import language_choices, language_mistake
from reconciler.portal.pages.queries.paging import count_rows, read_page, with_words
from reconciler.portal.pages.queries.rows import (
    RowValues,
    all_services,
    customer_of,
    git_path_of,
    project_managers,
)
from reconciler.portal.pages.rendering import translator
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import LIVING, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

router = APIRouter(include_in_schema=False)
CustomerEditor = Annotated[PageContext, page_context("customers.write")]
CUSTOMERS_PATH: Final = "/admin/customers"


@router.get(CUSTOMERS_PATH)
def list_customers(
    context: CustomerEditor,
    include_archived: Annotated[bool, Query(alias="archived")] = False,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=800)] = None,
) -> Response:
    """Return the customers by name, with their number of contacts and what they lack to order."""
    c = t.customers.c
    statement = (
        select(t.customers)
        if include_archived
        else select(t.customers).where(c.status == CustomerStatus.ACTIVE)
    )
    statement = with_words(statement, t.customers, q)
    with context.store.read() as connection:
        rows, next_cursor = read_page(connection, statement, (c.name, c.id), after)
        count = count_rows(connection, statement)
        contact_counts = _contact_counts(connection, [row["id"] for row in rows])
    customers_shown = [
        {
            **row,
            "contact_count": contact_counts[row["id"]],
            "missing_setup": missing_setup(row, contact_counts[row["id"]]),
            "git_path": git_path_of("customer", row),
        }
        for row in rows
    ]
    query = {"q": q, **({"archived": "true"} if include_archived else {})}
    return context.render(
        "customers/list.html",
        customers=customers_shown,
        count=count,
        include_archived=include_archived,
        q=q,
        first_page=f"{CUSTOMERS_PATH}?{urlencode(query)}" if after else None,
        next_page=f"{CUSTOMERS_PATH}?{urlencode({**query, 'after': next_cursor})}"
        if next_cursor
        else None,
    )


def _contact_counts(connection: Connection, customers: Sequence[str]) -> dict[str, int]:
    """Return the number of living contacts of each of these customers."""
    if not customers:
        return {}
    c = t.contacts.c
    rows = connection.execute(
        select(c.customer, func.count().label("number"))
        .where(c.customer.in_(customers), c.status.in_(LIVING))
        .group_by(c.customer)
    )
    # A customer without contacts has no group, so the zeros come first.
    return dict.fromkeys(customers, 0) | {row.customer: row.number for row in rows}


def missing_setup(customer: RowValues, contact_count: int) -> list[str]:
    """Return what an active customer needs before it can order: ends of `customer.needs.…`."""
    return [
        requirement
        for requirement, value in (
            ("contact", contact_count),
            ("manager", customer["project_managers"]),
            ("service", customer["services"]),
        )
        if not value and customer["status"] == CustomerStatus.ACTIVE
    ]


@router.get(f"{CUSTOMERS_PATH}/new")
def show_new_customer(context: CustomerEditor) -> Response:
    """Return the form that adds a customer."""
    return _customer_page(context, _blank_customer())


def _blank_customer() -> RowValues:
    return {
        "id": None,
        "version": None,
        "name": "",
        "description": None,
        "language": "en",
        "project_managers": [],
        "services": [],
        "email_domains": [],
        "status": CustomerStatus.ACTIVE,
        "archived": None,
        "registration_code": None,
        "owner": None,
        "external_key": None,
        "missing_setup": [],
        "contact_count": 0,
        "protected": False,
        "has_protected_contact": False,
    }


@router.post(CUSTOMERS_PATH)
def add_customer(context: CustomerEditor, form: SubmittedForm) -> Response:
    """Add a customer."""

    def write_action(work: Work) -> str:
        fields = _customer_fields(work, form, _blank_customer())
        row = customers.create(work, fields)
        work.audit(AuditAction.POST_CUSTOMERS, row, None, fields)
        return f"{CUSTOMERS_PATH}/{row.id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _customer_page(context, _blank_customer(), form, mistakes),
        message="added",
    )


@router.get(f"{CUSTOMERS_PATH}/{{id}}")
def show_customer(context: CustomerEditor, id: str) -> Response:
    """Return the page of a customer."""
    return _stored_customer_page(context, id)


def _stored_customer_page(
    context: PageContext,
    id: str,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    with context.store.read() as connection:
        customer = customer_of(connection, id)
        contact_count = _contact_counts(connection, [id])[id]
        has_protected_contact = _has_protected_contact(connection, id)
    values = {
        **customer,
        "missing_setup": missing_setup(customer, contact_count),
        "contact_count": contact_count,
        "has_protected_contact": has_protected_contact,
    }
    return _customer_page(context, values, form, mistakes)


def _has_protected_contact(connection: Connection, customer: str) -> bool:
    """Return whether a contact of the customer is protected, which keeps it from being archived."""
    c = t.contacts.c
    statement = (
        select(c.id)
        .where(c.customer == customer, c.protected, c.status.in_(LIVING))
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def _customer_page(
    context: PageContext,
    customer: RowValues,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    with context.store.read() as connection:
        services = all_services(connection)
        staff, unknown_addresses = project_managers(
            connection, customer["project_managers"]
        )
    language = form.text("language") if form else customer["language"]
    return context.render(
        "customers/detail.html",
        mistakes=mistakes,
        customer=customer,
        services=services,
        form=form,
        staff=staff,
        unknown_addresses=unknown_addresses,
        language_choices=language_choices(translator(context.language), language),
        git_path=git_path_of("customer", customer),
    )


@router.post(f"{CUSTOMERS_PATH}/{{id}}")
def edit_customer(context: CustomerEditor, id: str, form: SubmittedForm) -> Response:
    """Change a customer's fields."""

    def write_action(work: Work) -> str:
        row = _current_row(work, id, form)
        work.audit(
            AuditAction.PATCH_CUSTOMERS,
            row,
            *customers.edit(work, row, _customer_fields(work, form, row.values)),
        )
        return f"{CUSTOMERS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _stored_customer_page(context, id, form, mistakes),
        message="saved",
    )


@router.post(f"{CUSTOMERS_PATH}/{{id}}/{{action}}")
def run_customer_action(
    context: CustomerEditor, id: str, action: str, form: SubmittedForm
) -> Response:
    """Archive, restore, or renew or withdraw the registration code of a customer."""
    actions: dict[str, tuple[AuditAction, Callable[[Work, Row], AuditValues], str]] = {
        "archive": (
            AuditAction.CUSTOMERS_ARCHIVE,
            lambda work, row: customers.archive(work, row, "other"),
            "archived",
        ),
        "restore": (AuditAction.CUSTOMERS_RESTORE, customers.restore, "restored"),
        "renew-code": (
            AuditAction.CUSTOMERS_RENEW_CODE,
            customers.renew_code,
            "code-renewed",
        ),
        "withdraw-code": (
            AuditAction.CUSTOMERS_WITHDRAW_CODE,
            customers.withdraw_code,
            "code-withdrawn",
        ),
    }
    if action not in actions:
        raise Problem("not-found", f"there is no action '{action}'")
    verb, carry_out, message = actions[action]

    def write_action(work: Work) -> str:
        row = _current_row(work, id, form)
        work.audit(verb, row, *carry_out(work, row))
        return f"{CUSTOMERS_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _stored_customer_page(context, id, None, mistakes),
        message=message,
    )


def _current_row(work: Work, id: str, form: Form) -> Row:
    """Return the customer that the visitor saw; a problem if it has changed since."""
    row = work.get("customer", id)
    form.check_version(row.values, id)
    return row


def _customer_fields(work: Work, form: Form, current: RowValues) -> dict[str, Any]:
    return validate(
        CustomerFields,
        {
            "name": form.text("name"),
            "description": form.text_or_none("description"),
            "language": form.text_or_none("language"),
            "project_managers": form.texts("project_managers"),
            "email_domains": form.lines("email_domains"),
            "services": "all" if form.is_ticked("all_services") else form.texts("services"),
        },
        _customer_mistakes(work, form, current),
    ).sent_fields()


def _customer_mistakes(
    work: Work, form: Form, current: RowValues
) -> dict[str, MistakeSentence]:
    """Return the mistakes that the schema cannot see, because they depend on other rows."""
    mistakes = missing_fields(form, "name", "language") | language_mistake(
        form, current["language"]
    )
    # A file may name any address and any domain, so those that the customer has already may stay.
    staff, unknown_addresses = project_managers(
        work.connection, current["project_managers"]
    )
    unknown_choices = (
        set(form.texts("project_managers"))
        - {address for address, _ in staff}
        - set(unknown_addresses)
    )
    if unknown_choices:
        mistakes["project_managers"] = FilledSentence(
            "mistake.stranger", {"address": min(unknown_choices)}
        )
    for domain in form.lines("email_domains"):
        if domain not in current["email_domains"] and not is_domain(domain):
            mistakes["email_domains"] = FilledSentence("mistake.domain", {"domain": domain})
    return mistakes
