"""What managers and administrators do with a contact by a form; the acts are those of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.portal.acts import contacts, team
from reconciler.portal.acts.reach import heir_of
from reconciler.portal.acts.shapes import ContactFields
from reconciler.portal.pages.forms import Form, Mistakes, judged
from reconciler.portal.pages.looking import heirs
from reconciler.portal.rules.policy import Grant, Reach, may_write
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.work import Row, Work

REASONS: Final = ("left", "role_change", "duplicate", "other")


def heir_options(people: Sequence[Mapping[str, Any]], leaver: str) -> list[tuple[str, str]]:
    """Id and name of everybody who may receive the work of the leaver."""
    return [(person["id"], person["name"]) for person in heirs(people, leaver)]


def typed_fields(form: Form, *, services: bool) -> dict[str, Any]:
    """The fields of a contact that the form says; only those that it has."""
    said: dict[str, Any] = {name: form.text(name) for name in ("name", "email", "role") if name in form.values}
    if "language" in form.values:
        said["language"] = form.optional("language")
    if services:
        said["services"] = "all" if form.ticked("all_services") else form.all("services")
    missing = {name: "mistake.missing" for name in ("name", "email", "role") if said.get(name) == ""}
    if missing:
        raise Mistakes(missing)
    return judged(ContactFields, said).sent()


def update(work: Work, grant: Grant, row: Row, form: Form) -> None:
    """Change the contact as the form says; work goes to the `heir` first when one is named."""
    form.must_match(row.values, row.id)
    fields = typed_fields(form, services=grant.reach is Reach.ALL)
    may_write(grant, fields)  # before anything is handed over
    if form.text("heir") and fields.get("role") == "observer":
        heir = heir_of(work, grant, form.text("heir"))
        work.audit("contacts/hand-over", row, *contacts.hand_over(work, row, heir))
    try:
        work.audit("PATCH contacts", row, *team.edit(work, grant, row, fields))
    except Problem as problem:
        if problem.type == "address-taken":
            raise Mistakes({"email": "mistake.taken"}) from None
        raise


def pass_on(work: Work, row: Row, heir: Row, form: Form) -> None:
    """All open work of the contact goes to the heir."""
    form.must_match(row.values, row.id)
    work.audit("contacts/hand-over", row, *contacts.hand_over(work, row, heir))


def dismiss(work: Work, row: Row, heir: Row | None, form: Form) -> None:
    """The contact leaves, and the heir receives the open work."""
    form.must_match(row.values, row.id)
    reason = form.text("reason")
    if reason not in REASONS:
        raise Problem("unprocessable", f"'{reason}' is no reason; they are {', '.join(REASONS)}")
    work.audit("contacts/offboard", row, *contacts.remove(work, row, heir, reason))
