"""The forms about a contact; their actions are those of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.actions import contacts, team
from reconciler.portal.actions.row_scope import heir_of
from reconciler.portal.actions.schemas import ContactFields
from reconciler.portal.pages.forms.form import Form, Mistakes, Why, judged, missing
from reconciler.portal.pages.languages import language_mistake
from reconciler.portal.pages.queries.checkout import all_services, heirs
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.offers import is_open_to_customer
from reconciler.portal.rules.policy import Grant, RowScope
from reconciler.portal.rules.roles import Role
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

NEEDED: Final = ("name", "email", "role")
REASONS: Final = ("left", "role_change", "duplicate", "other")


def heir_options(people: Sequence[Mapping[str, Any]], leaver: str) -> list[tuple[str, str]]:
    """Return id and name of everybody who may receive the work of the leaver."""
    return [(person["id"], person["name"]) for person in heirs(people, leaver)]


def typed_fields(
    form: Form, *, services: Sequence[str] | None, language: str | None = None
) -> dict[str, Any]:
    """Return the fields of a contact that the form has.

    `services` are the choices, or None if the form has none; the present `language` may stay.
    """
    said: dict[str, Any] = {name: form.text(name) for name in NEEDED if name in form.values}
    if "language" in form.values:
        said["language"] = form.optional("language")
    if services is not None:
        said["services"] = "all" if form.ticked("all_services") else form.all("services")
    return judged(ContactFields, said, _wrong(form, services, language)).sent_fields()


def _wrong(
    form: Form, services: Sequence[str] | None, language: str | None
) -> dict[str, Why]:
    wrong = missing(
        form, *(name for name in NEEDED if name in form.values)
    ) | language_mistake(form, language)
    if services is not None and set(form.all("services")) - set(services):
        wrong["services"] = "mistake.choice"
    return wrong


def update(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Change the contact; if the form names an heir, hand their work over first."""
    form.must_match(row.values, row.id)
    services = (
        [code for code, _ in orderable(work.connection, row.values)]
        if grant.row_scope is RowScope.ALL
        else None
    )
    fields = typed_fields(form, services=services, language=row["language"])
    if form.text("heir") and fields.get("role") == Role.OBSERVER:
        heir = heir_of(work, grant, form.text("heir"))
        work.audit(Verb.CONTACTS_HAND_OVER, row, *contacts.hand_over(work, row, heir))
    work.audit(Verb.PATCH_CONTACTS, row, *team.edit(work, grant, row, fields))


def named_heir(work: Work, grant: Grant, form: Form) -> Row:
    """Return the heir that the form names; raise a mistake if it names none."""
    if not form.text("heir"):
        raise Mistakes({"heir": "problem.no-heir"})
    return heir_of(work, grant, form.text("heir"))


def pass_on(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Hand all open work of the contact over to the heir that the form names."""
    form.must_match(row.values, row.id)
    work.audit(
        Verb.CONTACTS_HAND_OVER,
        row,
        *contacts.hand_over(work, row, named_heir(work, grant, form)),
    )


def dismiss(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Remove the contact; the heir that the form names receives the open work."""
    form.must_match(row.values, row.id)
    reason = form.text("reason")
    if reason not in REASONS:
        raise Mistakes({"reason": "mistake.choice"})
    heir = heir_of(work, grant, form.text("heir")) if form.text("heir") else None
    work.audit(Verb.CONTACTS_OFFBOARD, row, *contacts.remove(work, row, heir, reason))


def orderable(connection: Connection, person: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return code and name of the services that may be ticked for a person.

    These are the services that their customer may order, and those already ticked.
    """
    c = t.customers.c
    home = connection.execute(
        select(c.services).where(c.id == (person["customer"] or ""))
    ).scalar()
    named = person["services"] if person["services"] != "all" else []
    return [
        (row["code"], row["name"])
        for row in all_services(connection)
        if row["code"] in named or is_open_to_customer(row, home or [])
    ]
