"""The administrator's services: list, add, edit, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.actions import services
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.schemas import NewCode, ServiceFields
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, Why, judged, missing
from reconciler.portal.pages.queries.checkout import Found, all_services, file_of
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import Workflow
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
Services = Annotated[Visit, visits("services.write")]


@router.get("/admin/services")
def list_services(visit: Services) -> Response:
    """What can be ordered."""
    with visit.store.read() as connection:
        found = [
            {**row, "file": file_of("service", row)} for row in all_services(connection)
        ]
    return visit.page("admin/services.html", services=found)


@router.get("/admin/services/new")
def show_new_service(visit: Services) -> Response:
    """The form by which a service is added."""
    return _service(visit, _blank())


def _blank() -> Found:
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
def add_service(visit: Services, form: Sent) -> Response:
    """Add a service."""

    def act(work: Work) -> str:
        fields = _typed_service(form, _wrong_code(form))
        code = form.text("code")
        row = services.create(work, code, fields)
        work.audit(Verb.POST_SERVICES, row, None, {"code": code, **fields})
        return "/admin/services"

    return visit.submit(
        form, act, lambda wrong: _service(visit, _blank(), form, wrong), done="added"
    )


def _wrong_code(form: Form) -> dict[str, Why]:
    try:
        judged(NewCode, {"code": form.text("code")}, missing(form, "code"))
    except Mistakes as wrong:
        return dict(wrong.fields)
    return {}


@router.get("/admin/services/{id}")
def show_service(visit: Services, id: str) -> Response:
    """One service."""
    return _service(visit, _known_service(visit, id))


def _known_service(visit: Visit, id: str) -> Found:
    with visit.store.read() as connection:
        row = (
            connection.execute(select(t.services).where(t.services.c.id == id))
            .mappings()
            .first()
        )
    if row is None:
        raise Problem("not-found", f"there is no service '{id}'")
    return dict(row)


def _service(
    visit: Visit, service: Found, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    return visit.page(
        "admin/service.html",
        wrong=wrong,
        service=service,
        form=form,
        workflows=tuple(Workflow),
        file=file_of("service", service),
    )


@router.post("/admin/services/{id}")
def edit_service(visit: Services, id: str, form: Sent) -> Response:
    """Change a service."""

    def act(work: Work) -> str:
        row = work.get("service", id)
        form.must_match(row.values, id)
        work.audit(
            Verb.PATCH_SERVICES, row, *set_fields(work, row, _typed_service(form, {}))
        )
        return f"/admin/services/{id}"

    return visit.submit(
        form,
        act,
        lambda wrong: _service(visit, _known_service(visit, id), form, wrong),
        done="saved",
    )


@router.post("/admin/services/{id}/remove")
def remove_service(visit: Services, id: str, form: Sent) -> Response:
    """Remove a service that nobody refers to."""

    def act(work: Work) -> str:
        row = work.get("service", id)
        form.must_match(row.values, id)
        work.audit(Verb.DELETE_SERVICES, row, *services.remove(work, row))
        return "/admin/services"

    return visit.submit(
        form,
        act,
        lambda wrong: _service(visit, _known_service(visit, id), None, wrong),
        done="removed",
    )


def _typed_service(form: Form, wrong: Mapping[str, Why]) -> dict[str, Any]:
    price = None
    if form.text("per_word") or form.text("currency"):
        amount = form.text("per_word").replace(",", ".")
        price = {"currency": form.text("currency").upper(), "per_word": amount}
    nothing: dict[str, Why] = (
        {} if form.all("workflows") else {"workflows": "mistake.choice"}
    )
    return judged(
        ServiceFields,
        {
            "name": form.text("name"),
            "description": form.optional("description"),
            "template": form.optional("template"),
            "workflows": form.all("workflows"),
            "available_to_all": form.ticked("available_to_all"),
            "price": price,
        },
        {**wrong, **missing(form, "name"), **nothing},
    ).sent_fields()
