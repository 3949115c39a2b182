"""The administrator's page of the provider's own people: list, invite, edit, remove."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection, select

from reconciler.portal.actions import staff
from reconciler.portal.actions.row_scope import address_forms
from reconciler.portal.actions.schemas import StaffFields
from reconciler.portal.i18n.catalogs import LANGUAGES
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, judged, missing
from reconciler.portal.pages.queries.checkout import Found
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import CustomerStatus, StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
Sees = Annotated[Visit, visits("staff.read")]
Runs = Annotated[Visit, visits("staff.write")]
HERE: Final = "/admin/staff"
BLANK: Final = {
    "id": None,
    "version": None,
    "name": "",
    "email": "",
    "kind": StaffKind.PROJECT_MANAGER,
    "language": "en",
    "status": StaffStatus.INVITED,
}


@router.get(HERE)
def list_staff(visit: Sees) -> Response:
    """The provider's people by name, and how many customers name each of them."""
    c = t.staff.c
    with visit.store.read() as connection:
        rows = connection.execute(
            select(t.staff).where(c.status != StaffStatus.REMOVED).order_by(c.name, c.id)
        ).mappings()
        counts = _customers(connection)
        people = [{**row, "customers": counts.get(row["address_form"], 0)} for row in rows]
    return visit.page("admin/staff.html", people=people)


def _customers(connection: Connection) -> dict[str, int]:
    """How many active customers name an address among their project managers."""
    c, counts = t.customers.c, dict[str, int]()
    for named in connection.execute(
        select(c.project_managers).where(c.status == CustomerStatus.ACTIVE)
    ).scalars():
        for form in address_forms(named):
            counts[form] = counts.get(form, 0) + 1
    return counts


@router.get(f"{HERE}/new")
def show_new(visit: Runs) -> Response:
    """The form by which somebody is invited."""
    return _form(visit, BLANK)


def _form(
    visit: Visit, person: Found, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    return visit.page("admin/person.html", wrong=wrong, person=person, form=form)


@router.post(HERE)
def invite(visit: Runs, form: Sent) -> Response:
    """Invite somebody, who gets a mail with a link."""

    def act(work: Work) -> str:
        fields = _typed(form)
        person = staff.add(work, fields)
        staff.invite(work, person)
        work.audit(Verb.POST_STAFF, person, None, fields)
        return HERE

    return visit.submit(
        form, act, lambda wrong: _form(visit, BLANK, form, wrong), done="invited"
    )


@router.get(f"{HERE}/{{id}}")
def show_one(visit: Sees, id: str) -> Response:
    """One of the provider's people."""
    return _form(visit, _one(visit, id))


def _one(visit: Visit, id: str) -> Found:
    c = t.staff.c
    with visit.store.read() as connection:
        found = (
            connection.execute(
                select(t.staff).where(c.id == id, c.status != StaffStatus.REMOVED)
            )
            .mappings()
            .first()
        )
    if found is None:
        raise Problem("not-found", f"there is no staff '{id}'")
    return dict(found)


@router.post(f"{HERE}/{{id}}")
def edit(visit: Runs, id: str, form: Sent) -> Response:
    """Change one of the provider's people."""

    def act(work: Work) -> str:
        person, fields = work.get("staff", id), _typed(form)
        form.must_match(person.values, id)
        work.audit(Verb.PATCH_STAFF, person, *staff.edit(work, person, fields))
        return f"{HERE}/{id}"

    return visit.submit(
        form, act, lambda wrong: _form(visit, _one(visit, id), form, wrong), done="saved"
    )


@router.post(f"{HERE}/{{id}}/{{action}}")
def act_on(visit: Runs, id: str, action: str, form: Sent) -> Response:
    """Send the link again, or let somebody go."""
    acts = {
        "resend": (Verb.STAFF_RESEND_ACTIVATION, staff.resend_activation, "resent"),
        "remove": (Verb.DELETE_STAFF, staff.remove, "removed"),
    }
    if action not in acts:
        raise Problem("not-found", f"there is no action '{action}'")
    verb, carry_out, done = acts[action]

    def act(work: Work) -> str:
        person = work.get("staff", id)
        form.must_match(person.values, id)
        work.audit(verb, person, *carry_out(work, person))
        return HERE

    return visit.submit(
        form, act, lambda wrong: _form(visit, _one(visit, id), None, wrong), done=done
    )


def _typed(form: Form) -> dict[str, Any]:
    said = {name: form.text(name) for name in ("name", "email", "kind", "language")}
    wrong = missing(form, *said)
    if said["language"] not in LANGUAGES:
        wrong.setdefault("language", "mistake.language")
    return judged(StaffFields, said, wrong).sent_fields()
