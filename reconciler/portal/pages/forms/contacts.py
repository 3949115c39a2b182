"""The forms about a contact: of administrators, and of managers for their team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.actions import contacts, team
from reconciler.portal.actions.row_scope import heir_of
from reconciler.portal.actions.schemas import ContactFields
from reconciler.portal.pages.forms.form import (
    Form,
    Mistakes,
    MistakeSentence,
    missing_fields,
    validate,
)
from reconciler.portal.pages.languages import language_mistake
from reconciler.portal.pages.queries.rows import all_services, possible_heirs
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.offers import is_open_to_customer
from reconciler.portal.rules.policy import Grant, RowScope
from reconciler.portal.rules.roles import Role
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

REQUIRED_FIELDS: Final = ("name", "email", "role")
REASONS: Final = ("left", "role_change", "duplicate", "other")


def heir_options(people: Sequence[Mapping[str, Any]], leaver: str) -> list[tuple[str, str]]:
    """Return id and name of the contacts who may receive the work of the leaver."""
    return [(person["id"], person["name"]) for person in possible_heirs(people, leaver)]


def contact_fields(
    form: Form, *, services: Sequence[str] | None, language: str | None = None
) -> dict[str, Any]:
    """Return the fields of a contact that the form has.

    `services` are the codes to choose from, or None if the form has no such choice. `language` is
    the current one, which may stay even if no other contact could choose it.
    """
    # A field that the form does not have keeps its value: managers choose no services.
    values: dict[str, Any] = {
        name: form.text(name) for name in REQUIRED_FIELDS if name in form.values
    }
    if "language" in form.values:
        values["language"] = form.text_or_none("language")
    if services is not None:
        values["services"] = (
            "all" if form.is_ticked("all_services") else form.texts("services")
        )
    return validate(
        ContactFields, values, _mistakes(form, services, language)
    ).sent_fields()


def _mistakes(
    form: Form, services: Sequence[str] | None, language: str | None
) -> dict[str, MistakeSentence]:
    mistakes = missing_fields(
        form, *(name for name in REQUIRED_FIELDS if name in form.values)
    ) | language_mistake(form, language)
    # A service may have been closed to the customer while the form was open.
    if services is not None and set(form.texts("services")) - set(services):
        mistakes["services"] = "mistake.choice"
    return mistakes


def contact_fields_at_customer(
    work: Work, form: Form, person: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of a person who joins the customer that the form names."""
    services = service_choices(
        work.connection, {**person, "customer": form.text("customer")}
    )
    customer_mistake = missing_fields(form, "customer")
    try:
        fields = contact_fields(
            form, services=[code for code, *_ in services], language=person["language"]
        )
    except Mistakes as mistakes:
        raise Mistakes({**customer_mistake, **mistakes.fields}) from None
    if customer_mistake:
        raise Mistakes(customer_mistake)
    return fields


def edit_contact(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Change the contact; for one who becomes an observer, hand the work over first."""
    form.check_version(row.values, row.id)
    services = (
        [code for code, *_ in service_choices(work.connection, row.values)]
        if grant.row_scope is RowScope.ALL
        else None
    )
    fields = contact_fields(form, services=services, language=row["language"])
    # Observers hold no work. In the other order, the change of the role would be refused.
    if form.text("heir") and fields.get("role") == Role.OBSERVER:
        heir = heir_of(work, grant, form.text("heir"))
        work.audit(
            AuditAction.CONTACTS_HAND_OVER, row, *contacts.hand_over(work, row, heir)
        )
    work.audit(AuditAction.PATCH_CONTACTS, row, *team.edit(work, grant, row, fields))


def chosen_heir(work: Work, grant: Grant, form: Form) -> Row:
    """Return the heir that the form names; raise a mistake if it names none."""
    if not form.text("heir"):
        raise Mistakes({"heir": "problem.no-heir"})
    return heir_of(work, grant, form.text("heir"))


def hand_over_work(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Hand all open work of the contact over to the heir that the form names."""
    form.check_version(row.values, row.id)
    work.audit(
        AuditAction.CONTACTS_HAND_OVER,
        row,
        *contacts.hand_over(work, row, chosen_heir(work, grant, form)),
    )


def remove_contact(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Remove the contact; the heir that the form names receives the open work."""
    form.check_version(row.values, row.id)
    reason = form.text("reason")
    if reason not in REASONS:
        raise Mistakes({"reason": "mistake.choice"})
    heir = heir_of(work, grant, form.text("heir")) if form.text("heir") else None
    work.audit(
        AuditAction.CONTACTS_OFFBOARD, row, *contacts.remove(work, row, heir, reason)
    )


def service_choices(
    connection: Connection, person: Mapping[str, Any]
) -> list[tuple[str, str, bool]]:
    """Return the services to choose from for a person: code, name, may the customer order it.

    These are the services that their customer may order, and those that the person has already.
    """
    c = t.customers.c
    home = connection.execute(
        select(c.services).where(c.id == (person["customer"] or ""))
    ).scalar()
    chosen_codes = person["services"] if person["services"] != "all" else []
    return [
        (row["code"], row["name"], is_open)
        for row in all_services(connection)
        if (is_open := is_open_to_customer(row, home or [])) or row["code"] in chosen_codes
    ]
