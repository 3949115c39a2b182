"""The manager's team: who has access, as what; edit, reassign, delete. Never oneself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.contacts import dismiss, heir_options, pass_on, update
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent
from reconciler.portal.pages.languages import language_choices
from reconciler.portal.pages.queries.checkout import (
    colleagues,
    customer_of,
    file_of,
    with_heirs,
)
from reconciler.portal.pages.rendering import speech
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
Sees = Annotated[Visit, visits("team.read")]
Edits = Annotated[Visit, visits("contacts.edit")]
Removes = Annotated[Visit, visits("contacts.remove")]
HandsOver = Annotated[Visit, visits("contacts.hand-over")]


@router.get("/team")
def show_team(visit: Sees, removed: bool = False) -> Response:
    """The people of one's customer."""
    home = visit.grant.principal.customer
    with visit.store.read() as connection:
        customer = customer_of(connection, home)
        people = colleagues(connection, home, removed=removed)
    for person in people:
        person["file"] = file_of("contact", person, customer)
    return visit.page("team/list.html", customer=customer, people=people, removed=removed)


@router.get("/team/{id}")
def show_colleague(visit: Edits, id: str) -> Response:
    """One colleague, with what a manager may do with her."""
    return _colleague(visit, id)


def _colleague(
    visit: Visit,
    id: str,
    form: Form | None = None,
    wrong: Mistakes | None = None,
    event: str = "",
) -> Response:
    with visit.store.read() as connection:
        person, people = with_heirs(
            connection, row_in_scope(connection, visit.grant, t.contacts, id)
        )
        customer = customer_of(connection, person["customer"])
    language = form.text("language") if form and not event else person["language"]
    return visit.page(
        "contacts/one.html",
        wrong=wrong and (wrong.of(event) if event else wrong),
        base="/team",
        back="/team",
        person=person,
        customer=customer,
        heirs=heir_options(people, id),
        file=file_of("contact", person, customer),
        form=form,
        event=event,
        services=None,
        orders_nothing=False,
        language_choices=language_choices(speech(visit.language), language),
    )


@router.post("/team/{id}")
def edit_colleague(visit: Edits, id: str, form: Sent) -> Response:
    """Change a colleague's name, address, role or language."""

    def act(work: Work) -> str:
        row = get_in_scope(work, visit.grant, "contact", id)
        update(work, visit.grant, row, form)
        return f"/team/{id}"

    return visit.submit(
        form, act, lambda wrong: _colleague(visit, id, form, wrong), done="saved"
    )


@router.post("/team/{id}/reassign")
def reassign(visit: HandsOver, id: str, form: Sent) -> Response:
    """All open work of a colleague goes to another."""

    def act(work: Work) -> str:
        pass_on(work, visit.grant, get_in_scope(work, visit.grant, "contact", id), form)
        return f"/team/{id}"

    return visit.submit(
        form,
        act,
        lambda wrong: _colleague(visit, id, form, wrong, "reassign"),
        done="reassigned",
    )


@router.post("/team/{id}/remove")
def remove(visit: Removes, id: str, form: Sent) -> Response:
    """A colleague leaves; her open work goes to another in the same moment."""

    def act(work: Work) -> str:
        dismiss(work, visit.grant, get_in_scope(work, visit.grant, "contact", id), form)
        return "/team"

    return visit.submit(
        form,
        act,
        lambda wrong: _colleague(visit, id, form, wrong, "remove"),
        done="removed",
    )
