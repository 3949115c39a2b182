"""The manager's team: its contacts and their roles; edit, reassign, remove. Never the manager."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.contacts import (
    edit_contact,
    hand_over_work,
    heir_options,
    remove_contact,
)
from reconciler.portal.pages.forms.form import Form, Mistakes, SubmittedForm
from reconciler.portal.pages.languages import language_choices
from reconciler.portal.pages.queries.rows import (
    contact_with_heirs,
    contacts_of,
    customer_of,
    git_path_of,
)
from reconciler.portal.pages.rendering import translator
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
TeamReader = Annotated[PageContext, page_context("team.read")]
ContactEditor = Annotated[PageContext, page_context("contacts.edit")]
ContactRemover = Annotated[PageContext, page_context("contacts.remove")]
WorkReassigner = Annotated[PageContext, page_context("contacts.hand-over")]


@router.get("/team")
def show_team(
    context: TeamReader, include_removed: Annotated[bool, Query(alias="removed")] = False
) -> Response:
    """Return the contacts of the visitor's own customer."""
    own_customer = context.grant.principal.customer
    with context.store.read() as connection:
        customer = customer_of(connection, own_customer)
        contacts = contacts_of(connection, own_customer, include_removed=include_removed)
    for contact in contacts:
        contact["git_path"] = git_path_of("contact", contact, customer)
    return context.render(
        "team/list.html",
        customer=customer,
        contacts=contacts,
        include_removed=include_removed,
    )


@router.get("/team/{id}")
def show_colleague(context: ContactEditor, id: str) -> Response:
    """Return a colleague's page, with what a manager may change."""
    return _colleague_page(context, id)


def _colleague_page(
    context: PageContext,
    id: str,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
    event: str = "",
) -> Response:
    """Return a colleague's page; `form` was refused, and `event` tells which of its forms it is."""
    with context.store.read() as connection:
        person, people = contact_with_heirs(
            connection, row_in_scope(connection, context.grant, t.contacts, id)
        )
        customer = customer_of(connection, person["customer"])
    language = form.text("language") if form and not event else person["language"]
    return context.render(
        "contacts/detail.html",
        mistakes=mistakes and (mistakes.for_event(event) if event else mistakes),
        base_path="/team",
        person=person,
        customer=customer,
        heirs=heir_options(people, id),
        git_path=git_path_of("contact", person, customer),
        form=form,
        event=event,
        services=None,  # only administrators choose what a contact may order
        can_order_nothing=False,
        language_choices=language_choices(translator(context.language), language),
    )


@router.post("/team/{id}")
def edit_colleague(context: ContactEditor, id: str, form: SubmittedForm) -> Response:
    """Change a colleague's name, address, role or language."""

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        edit_contact(work, context.grant, row, form)
        return f"/team/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _colleague_page(context, id, form, mistakes),
        message="saved",
    )


@router.post("/team/{id}/reassign")
def reassign_work(context: WorkReassigner, id: str, form: SubmittedForm) -> Response:
    """Hand all open work of a colleague over to another."""

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        hand_over_work(work, context.grant, row, form)
        return f"/team/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _colleague_page(context, id, form, mistakes, "reassign"),
        message="reassigned",
    )


@router.post("/team/{id}/remove")
def remove_colleague(context: ContactRemover, id: str, form: SubmittedForm) -> Response:
    """Remove a colleague and hand the open work over, in one transaction."""

    def write_action(work: Work) -> str:
        row = get_in_scope(work, context.grant, "contact", id)
        remove_contact(work, context.grant, row, form)
        return "/team"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _colleague_page(context, id, form, mistakes, "remove"),
        message="removed",
    )
