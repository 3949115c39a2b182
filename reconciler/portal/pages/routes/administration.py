"""The administrator's services and settings."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.acts import naming, services
from reconciler.portal.acts.fields import set_fields
from reconciler.portal.acts.shapes import NewCode, PortalName, ServiceFields, SettingsFields
from reconciler.portal.pages.forms import Form, Mistakes, Sent, judged
from reconciler.portal.pages.looking import Found, all_services, file_of
from reconciler.portal.pages.visit import Visit, visits
from reconciler.portal.rules.naming import name_for
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(include_in_schema=False)
Services = Annotated[Visit, visits("services.write")]
Settings = Annotated[Visit, visits("settings.write")]
WORKFLOWS: Final = ("pm_quote_manual", "pm_quote_automatic", "automatic_quote", "automatic_project")


@router.get("/admin/services")
def list_services(visit: Services) -> Response:
    """What can be ordered."""
    with visit.store.read() as connection:
        found = [{**row, "file": file_of("service", row)} for row in all_services(connection)]
    return visit.page("admin/services.html", services=found)


@router.get("/admin/services/new")
def show_new_service(visit: Services) -> Response:
    """The form by which a service is added."""
    return _service(visit, _blank())


def _blank() -> Found:
    return {
        "id": None, "version": None, "code": "", "name": "", "description": None, "template": None,
        "workflows": ["pm_quote_manual"], "available_to_all": False, "price": None, "owner": None,
    }  # fmt: skip


@router.post("/admin/services")
def add_service(visit: Services, form: Sent) -> Response:
    """Add a service."""

    def act(work: Work) -> str:
        code = judged(NewCode, {"code": form.text("code")}).code
        fields = _typed_service(form)
        try:
            row = services.create(work, code, fields)
        except Problem as problem:
            if problem.type != "key-taken":
                raise
            raise Mistakes({"code": "problem.key-taken"}) from None
        work.audit("POST services", row, None, {"code": code, **fields})
        return "/admin/services"

    try:
        return visit.to(visit.write(form, act), done="added")
    except Mistakes as wrong:
        return _service(visit, _blank(), form, wrong)


@router.get("/admin/services/{id}")
def show_service(visit: Services, id: str) -> Response:
    """One service."""
    return _service(visit, _known_service(visit, id))


def _known_service(visit: Visit, id: str) -> Found:
    with visit.store.read() as connection:
        row = connection.execute(select(t.services).where(t.services.c.id == id)).mappings().first()
    if row is None:
        raise Problem("not-found", f"there is no service '{id}'")
    return dict(row)


def _service(visit: Visit, service: Found, form: Form | None = None, wrong: Mistakes | None = None) -> Response:
    return visit.page(
        "admin/service.html", 422 if wrong else 200, service=service, form=form, workflows=WORKFLOWS,
        wrong=wrong.fields if wrong else {}, file=file_of("service", service),
    )  # fmt: skip


@router.post("/admin/services/{id}")
def edit_service(visit: Services, id: str, form: Sent) -> Response:
    """Change a service."""

    def act(work: Work) -> str:
        row = work.one("service", id)
        form.must_match(row.values, id)
        work.audit("PATCH services", row, *set_fields(work, row, _typed_service(form)))
        return f"/admin/services/{id}"

    try:
        return visit.to(visit.write(form, act), done="saved")
    except Mistakes as wrong:
        return _service(visit, _known_service(visit, id), form, wrong)


@router.post("/admin/services/{id}/remove")
def remove_service(visit: Services, id: str, form: Sent) -> Response:
    """Remove a service that nobody refers to."""

    def act(work: Work) -> str:
        row = work.one("service", id)
        form.must_match(row.values, id)
        work.audit("DELETE services", row, *services.remove(work, row))
        return "/admin/services"

    return visit.to(visit.write(form, act), done="removed")


def _typed_service(form: Form) -> dict[str, Any]:
    if not form.text("name"):
        raise Mistakes({"name": "mistake.missing"})
    price = None
    if form.text("per_word") or form.text("currency"):
        price = {"currency": form.text("currency"), "per_word": form.text("per_word")}
    return judged(ServiceFields, {
        "name": form.text("name"), "description": form.optional("description"), "template": form.optional("template"),
        "workflows": form.all("workflows"), "available_to_all": form.ticked("available_to_all"), "price": price,
    }).sent()  # fmt: skip


@router.get("/admin/settings")
def show_settings(visit: Settings) -> Response:
    """The portal's settings."""
    return _settings(visit)


def _settings(visit: Visit, form: Form | None = None, wrong: Mistakes | None = None) -> Response:
    with visit.store.read() as connection:
        row = dict(connection.execute(select(t.settings)).mappings().one())
    return visit.page(
        "admin/settings.html", 422 if wrong else 200, settings=row, form=form, wrong=wrong.fields if wrong else {},
        file=file_of("settings", row), name=visit.store.name(), usual=name_for(visit.language, ""),
    )  # fmt: skip


@router.post("/admin/settings")
def change_settings(visit: Settings, form: Sent) -> Response:
    """Change the portal's settings."""

    def act(work: Work) -> str:
        row = work.one("settings", "settings")
        form.must_match(row.values, "settings")
        work.audit("PATCH settings", row, *set_fields(work, row, _typed_settings(form)))
        return "/admin/settings"

    try:
        return visit.to(visit.write(form, act), done="saved")
    except Mistakes as wrong:
        return _settings(visit, form, wrong)


@router.post("/admin/settings/name")
def rename_portal(visit: Settings, form: Sent) -> Response:
    """Give the portal a name, or take it back."""

    def act(work: Work) -> str:
        portal, audited = naming.rename(work, judged(PortalName, {"name": form.optional("portal_name")}).name)
        work.audit("portal/rename", portal, *audited)
        return "/admin/settings"

    try:
        return visit.to(visit.write(form, act), done="saved")
    except Mistakes as wrong:
        return _settings(visit, wrong=Mistakes({f"portal_{name}": why for name, why in wrong.fields.items()}))


def _typed_settings(form: Form) -> dict[str, Any]:
    return judged(SettingsFields, {
        "sign_up": form.text("sign_up"),
        "languages": {"source": form.lines("source"), "target": form.lines("target")},
        "offers": {"expire_after_days": _days(form, "offers")},
        "activation": {"expire_after_days": _days(form, "activation")},
        "branding": {"primary_color": form.optional("primary_color"), "logo": form.optional("logo")},
    }).sent()  # fmt: skip


def _days(form: Form, name: str) -> int:
    if not form.text(name).isdecimal():
        raise Mistakes({name: "mistake.other"})
    return int(form.text(name))
