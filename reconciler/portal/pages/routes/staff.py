"""The provider's own people, for administrators: list, invite, edit, remove."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection, select

from reconciler.portal.actions import staff
from reconciler.portal.actions.row_scope import address_forms
from reconciler.portal.actions.schemas import StaffFields
from reconciler.portal.i18n.catalogs import LANGUAGES
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import (
    Form,
    Mistakes,
    SubmittedForm,
    missing_fields,
    validate,
)
from reconciler.portal.pages.queries.rows import RowValues
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import CustomerStatus, StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
StaffReader = Annotated[PageContext, page_context("staff.read")]
StaffEditor = Annotated[PageContext, page_context("staff.write")]
STAFF_PATH: Final = "/admin/staff"
BLANK_PERSON: Final = {
    "id": None,
    "version": None,
    "name": "",
    "email": "",
    "kind": StaffKind.PROJECT_MANAGER,
    "language": "en",
    "status": StaffStatus.INVITED,
}


@router.get(STAFF_PATH)
def list_staff(context: StaffReader) -> Response:
    """Return the provider's people by name, each with the number of their customers."""
    c = t.staff.c
    with context.store.read() as connection:
        rows = connection.execute(
            select(t.staff).where(c.status != StaffStatus.REMOVED).order_by(c.name, c.id)
        ).mappings()
        counts = _customer_counts(connection)
        people = [{**row, "customers": counts.get(row["address_form"], 0)} for row in rows]
    return context.render("staff/list.html", people=people)


def _customer_counts(connection: Connection) -> dict[str, int]:
    """Return the number of active customers that an address manages, by the form of the address."""
    c = t.customers.c
    lists = connection.execute(
        select(c.project_managers).where(c.status == CustomerStatus.ACTIVE)
    ).scalars()
    # `address_forms` is a set: a customer that names a person twice, in two spellings, counts once.
    return Counter(form for addresses in lists for form in address_forms(addresses))


@router.get(f"{STAFF_PATH}/new")
def show_invitation(context: StaffEditor) -> Response:
    """Return the form that invites a person."""
    return _person_page(context, BLANK_PERSON)


def _person_page(
    context: PageContext,
    person: RowValues,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    return context.render("staff/detail.html", mistakes=mistakes, person=person, form=form)


@router.post(STAFF_PATH)
def invite_person(context: StaffEditor, form: SubmittedForm) -> Response:
    """Invite a person, who gets a mail with a link."""

    def write_action(work: Work) -> str:
        fields = _staff_fields(form)
        person = staff.add(work, fields)
        staff.invite(work, person)
        work.audit(AuditAction.POST_STAFF, person, None, fields)
        return STAFF_PATH

    return context.submit(
        form,
        write_action,
        lambda mistakes: _person_page(context, BLANK_PERSON, form, mistakes),
        message="invited",
    )


@router.get(f"{STAFF_PATH}/{{id}}")
def show_person(context: StaffReader, id: str) -> Response:
    """Return the page of one of the provider's people."""
    return _person_page(context, _person_of(context, id))


def _person_of(context: PageContext, id: str) -> RowValues:
    c = t.staff.c
    with context.store.read() as connection:
        row = (
            connection.execute(
                select(t.staff).where(c.id == id, c.status != StaffStatus.REMOVED)
            )
            .mappings()
            .first()
        )
    if row is None:
        raise Problem("not-found", f"there is no staff '{id}'")
    return dict(row)


@router.post(f"{STAFF_PATH}/{{id}}")
def edit_person(context: StaffEditor, id: str, form: SubmittedForm) -> Response:
    """Change one of the provider's people."""

    def write_action(work: Work) -> str:
        person, fields = work.get("staff", id), _staff_fields(form)
        form.check_version(person.values, id)
        work.audit(AuditAction.PATCH_STAFF, person, *staff.edit(work, person, fields))
        return f"{STAFF_PATH}/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _person_page(context, _person_of(context, id), form, mistakes),
        message="saved",
    )


@router.post(f"{STAFF_PATH}/{{id}}/{{action}}")
def run_staff_action(
    context: StaffEditor, id: str, action: str, form: SubmittedForm
) -> Response:
    """Mail the link again, or remove the person."""
    actions = {
        "resend": (AuditAction.STAFF_RESEND_ACTIVATION, staff.resend_activation, "resent"),
        "remove": (AuditAction.DELETE_STAFF, staff.remove, "removed"),
    }
    if action not in actions:
        raise Problem("not-found", f"there is no action '{action}'")
    verb, carry_out, message = actions[action]

    def write_action(work: Work) -> str:
        person = work.get("staff", id)
        form.check_version(person.values, id)
        work.audit(verb, person, *carry_out(work, person))
        return STAFF_PATH

    return context.submit(
        form,
        write_action,
        lambda mistakes: _person_page(context, _person_of(context, id), None, mistakes),
        message=message,
    )


def _staff_fields(form: Form) -> dict[str, Any]:
    values = {name: form.text(name) for name in ("name", "email", "kind", "language")}
    mistakes = missing_fields(form, *values)
    # The schema accepts any tag; the pages and mails are in these languages only.
    if values["language"] not in LANGUAGES:
        mistakes.setdefault("language", "mistake.language")
    return validate(StaffFields, values, mistakes).sent_fields()
