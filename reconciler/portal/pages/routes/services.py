"""The administrator's services: list, add, edit, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.actions import services
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.schemas import NewCode, ServiceFields
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import (
    Form,
    Mistakes,
    MistakeSentence,
    SubmittedForm,
    missing_fields,
    validate,
)
from reconciler.portal.pages.queries.rows import RowValues, all_services, git_path_of
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import Workflow
from reconciler.portal.rules.typesetting import locale_of, parse_number
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
ServiceEditor = Annotated[PageContext, page_context("services.write")]


@router.get("/admin/services")
def list_services(context: ServiceEditor) -> Response:
    """Return the services by name."""
    with context.store.read() as connection:
        rows = [
            {**row, "git_path": git_path_of("service", row)}
            for row in all_services(connection)
        ]
    return context.render("services/list.html", services=rows)


@router.get("/admin/services/new")
def show_new_service(context: ServiceEditor) -> Response:
    """Return the form that adds a service."""
    return _service_page(context, _blank_service())


def _blank_service() -> RowValues:
    return {
        "id": None,
        "version": None,
        "code": "",
        "name": "",
        "description": None,
        "template": None,
        "workflows": [Workflow.PM_QUOTE_MANUAL],
        "available_to_all": False,
        "price": None,
        "owner": None,
    }


@router.post("/admin/services")
def add_service(context: ServiceEditor, form: SubmittedForm) -> Response:
    """Add a service."""

    def write_action(work: Work) -> str:
        fields = _service_fields(context, form, _code_mistakes(form))
        code = form.text("code")
        row = services.create(work, code, fields)
        work.audit(AuditAction.POST_SERVICES, row, None, {"code": code, **fields})
        return "/admin/services"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _service_page(context, _blank_service(), form, mistakes),
        message="added",
    )


def _code_mistakes(form: Form) -> dict[str, MistakeSentence]:
    # The code is not part of `ServiceFields`: it never changes. Its mistakes are collected before
    # the other fields are validated, so that a visitor reads all of them at once.
    try:
        validate(NewCode, {"code": form.text("code")}, missing_fields(form, "code"))
    except Mistakes as mistakes:
        return dict(mistakes.fields)
    return {}


@router.get("/admin/services/{id}")
def show_service(context: ServiceEditor, id: str) -> Response:
    """Return the page of a service."""
    return _service_page(context, _service_of(context, id))


def _service_of(context: PageContext, id: str) -> RowValues:
    with context.store.read() as connection:
        row = (
            connection.execute(select(t.services).where(t.services.c.id == id))
            .mappings()
            .first()
        )
    if row is None:
        raise Problem("not-found", f"there is no service '{id}'")
    return dict(row)


def _service_page(
    context: PageContext,
    service: RowValues,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    return context.render(
        "services/detail.html",
        mistakes=mistakes,
        service=service,
        form=form,
        workflows=tuple(Workflow),
        git_path=git_path_of("service", service),
    )


@router.post("/admin/services/{id}")
def edit_service(context: ServiceEditor, id: str, form: SubmittedForm) -> Response:
    """Change a service's fields."""

    def write_action(work: Work) -> str:
        row = work.get("service", id)
        form.check_version(row.values, id)
        work.audit(
            AuditAction.PATCH_SERVICES,
            row,
            *set_fields(work, row, _service_fields(context, form, {})),
        )
        return f"/admin/services/{id}"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _service_page(context, _service_of(context, id), form, mistakes),
        message="saved",
    )


@router.post("/admin/services/{id}/remove")
def remove_service(context: ServiceEditor, id: str, form: SubmittedForm) -> Response:
    """Remove a service that no customer, contact or request refers to."""

    def write_action(work: Work) -> str:
        row = work.get("service", id)
        form.check_version(row.values, id)
        work.audit(AuditAction.DELETE_SERVICES, row, *services.remove(work, row))
        return "/admin/services"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _service_page(context, _service_of(context, id), None, mistakes),
        message="removed",
    )


def _service_fields(
    context: PageContext, form: Form, mistakes: Mapping[str, MistakeSentence]
) -> dict[str, Any]:
    price = None
    # One of them without the other is a mistake of the schema; none of them means no price.
    if form.text("per_word") or form.text("currency"):
        amount = parse_number(locale_of(context.language), form.text("per_word"))
        price = {
            "currency": form.text("currency").upper(),
            "per_word": form.text("per_word") if amount is None else f"{amount:f}",
        }
    workflow_mistake: dict[str, MistakeSentence] = (
        {} if form.texts("workflows") else {"workflows": "mistake.choice"}
    )
    return validate(
        ServiceFields,
        {
            "name": form.text("name"),
            "description": form.text_or_none("description"),
            "template": form.text_or_none("template"),
            "workflows": form.texts("workflows"),
            "available_to_all": form.is_ticked("available_to_all"),
            "price": price,
        },
        {**mistakes, **missing_fields(form, "name"), **workflow_mistake},
    ).sent_fields()
