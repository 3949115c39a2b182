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
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import (
    Form,
    Mistakes,
    Sent,
    Told,
    Why,
    is_domain,
    judged,
    missing,
)
from reconciler.portal.pages.languages import language_choices, language_mistake
from reconciler.portal.pages.queries.checkout import (
    Found,
    all_services,
    customer_of,
    file_of,
    how_many,
    matching,
    one_page,
    project_managers,
)
from reconciler.portal.pages.rendering import speech
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import LIVING, CustomerStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

router = APIRouter(include_in_schema=False)
Runs = Annotated[Visit, visits("customers.write")]
HERE: Final = "/admin/customers"


@router.get(HERE)
def list_customers(
    visit: Runs,
    archived: bool = False,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=800)] = None,
) -> Response:
    """The customers by name, with how many people they have and what they lack to order."""
    c = t.customers.c
    statement = (
        select(t.customers)
        if archived
        else select(t.customers).where(c.status == CustomerStatus.ACTIVE)
    )
    statement = matching(statement, t.customers, q)
    with visit.store.read() as connection:
        rows, mark = one_page(connection, statement, (c.name, c.id), after)
        count = how_many(connection, statement)
        people = _people(connection, [row["id"] for row in rows])
    found = [
        {
            **row,
            "people": people[row["id"]],
            "lacks": lacks(row, people[row["id"]]),
            "file": file_of("customer", row),
        }
        for row in rows
    ]
    asked = {"q": q, **({"archived": "true"} if archived else {})}
    return visit.page(
        "admin/customers.html",
        customers=found,
        count=count,
        archived=archived,
        q=q,
        first=f"{HERE}?{urlencode(asked)}" if after else None,
        following=f"{HERE}?{urlencode({**asked, 'after': mark})}" if mark else None,
    )


def _people(connection: Connection, customers: Sequence[str]) -> dict[str, int]:
    """How many people each of these customers has."""
    if not customers:
        return {}
    c = t.contacts.c
    counted = connection.execute(
        select(c.customer, func.count().label("people"))
        .where(c.customer.in_(customers), c.status.in_(LIVING))
        .group_by(c.customer)
    )
    return dict.fromkeys(customers, 0) | {row.customer: row.people for row in counted}


def lacks(customer: Found, people: int) -> list[str]:
    """What a customer needs before it can order: keys of words."""
    return [
        need
        for need, there in (
            ("contact", people),
            ("manager", customer["project_managers"]),
            ("service", customer["services"]),
        )
        if not there and customer["status"] == CustomerStatus.ACTIVE
    ]


@router.get(f"{HERE}/new")
def show_new(visit: Runs) -> Response:
    """The form by which a customer is added."""
    return _form(visit, _blank())


def _blank() -> Found:
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
        "lacks": [],
        "people": 0,
        "protected": False,
        "guarded": False,
    }


@router.post(HERE)
def add(visit: Runs, form: Sent) -> Response:
    """Add a customer."""

    def act(work: Work) -> str:
        fields = _typed(work, form, _blank())
        row = customers.create(work, fields)
        work.audit(Verb.POST_CUSTOMERS, row, None, fields)
        return f"{HERE}/{row.id}"

    return visit.submit(
        form, act, lambda wrong: _form(visit, _blank(), form, wrong), done="added"
    )


@router.get(f"{HERE}/{{id}}")
def show_one(visit: Runs, id: str) -> Response:
    """One customer."""
    return _one(visit, id)


def _one(
    visit: Visit, id: str, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    with visit.store.read() as connection:
        customer = customer_of(connection, id)
        people = _people(connection, [id])[id]
        guarded = _guarded(connection, id)
    found = {
        **customer,
        "lacks": lacks(customer, people),
        "people": people,
        "guarded": guarded,
    }
    return _form(visit, found, form, wrong)


def _guarded(connection: Connection, customer: str) -> bool:
    """Whether somebody at the customer is protected, and keeps it from being archived."""
    c = t.contacts.c
    someone = (
        select(c.id)
        .where(c.customer == customer, c.protected, c.status.in_(LIVING))
        .limit(1)
    )
    return connection.execute(someone).first() is not None


def _form(
    visit: Visit, customer: Found, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    with visit.store.read() as connection:
        services = all_services(connection)
        ours, others = project_managers(connection, customer["project_managers"])
    language = form.text("language") if form else customer["language"]
    return visit.page(
        "admin/customer.html",
        wrong=wrong,
        customer=customer,
        services=services,
        form=form,
        ours=ours,
        others=others,
        language_choices=language_choices(speech(visit.language), language),
        file=file_of("customer", customer),
    )


@router.post(f"{HERE}/{{id}}")
def edit(visit: Runs, id: str, form: Sent) -> Response:
    """Change a customer."""

    def act(work: Work) -> str:
        row = _seen(work, id, form)
        work.audit(
            Verb.PATCH_CUSTOMERS,
            row,
            *customers.edit(work, row, _typed(work, form, row.values)),
        )
        return f"{HERE}/{id}"

    return visit.submit(form, act, lambda wrong: _one(visit, id, form, wrong), done="saved")


@router.post(f"{HERE}/{{id}}/{{action}}")
def act_on(visit: Runs, id: str, action: str, form: Sent) -> Response:
    """Archive a customer with its people, bring both back, or make and withdraw its
    registration code.
    """
    acts: dict[str, tuple[Verb, Callable[[Work, Row], AuditValues], str]] = {
        "archive": (
            Verb.CUSTOMERS_ARCHIVE,
            lambda work, row: customers.archive(work, row, "other"),
            "archived",
        ),
        "restore": (Verb.CUSTOMERS_RESTORE, customers.restore, "restored"),
        "renew-code": (Verb.CUSTOMERS_RENEW_CODE, customers.renew_code, "code-renewed"),
        "withdraw-code": (
            Verb.CUSTOMERS_WITHDRAW_CODE,
            customers.withdraw_code,
            "code-withdrawn",
        ),
    }
    if action not in acts:
        raise Problem("not-found", f"there is no action '{action}'")
    verb, carry_out, done = acts[action]

    def act(work: Work) -> str:
        row = _seen(work, id, form)
        work.audit(verb, row, *carry_out(work, row))
        return f"{HERE}/{id}"

    return visit.submit(form, act, lambda wrong: _one(visit, id, None, wrong), done=done)


def _seen(work: Work, id: str, form: Form) -> Row:
    row = work.get("customer", id)
    form.must_match(row.values, id)
    return row


def _typed(work: Work, form: Form, now: Found) -> dict[str, Any]:
    return judged(
        CustomerFields,
        {
            "name": form.text("name"),
            "description": form.optional("description"),
            "language": form.optional("language"),
            "project_managers": form.all("project_managers"),
            "email_domains": form.lines("email_domains"),
            "services": "all" if form.ticked("all_services") else form.all("services"),
        },
        _wrong(work, form, now),
    ).sent_fields()


def _wrong(work: Work, form: Form, now: Found) -> dict[str, Why]:
    """What the shape does not know.

    Files may name anybody, so whoever is named already may stay.
    """
    wrong = missing(form, "name", "language") | language_mistake(form, now["language"])
    ours, others = project_managers(work.connection, now["project_managers"])
    strangers = (
        set(form.all("project_managers")) - {address for address, _ in ours} - set(others)
    )
    if strangers:
        wrong["project_managers"] = Told("mistake.stranger", {"address": min(strangers)})
    for domain in form.lines("email_domains"):
        if domain not in now["email_domains"] and not is_domain(domain):
            wrong["email_domains"] = Told("mistake.domain", {"domain": domain})
    return wrong
