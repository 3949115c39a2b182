"""The administrator's services and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.acts import naming, services
from reconciler.portal.acts.fields import set_fields
from reconciler.portal.acts.shapes import NewCode, PortalName, ServiceFields, SettingsFields
from reconciler.portal.pages.forms import Form, Mistakes, Sent, Told, Why, judged, missing
from reconciler.portal.pages.looking import Found, all_services, file_of
from reconciler.portal.pages.tongues import is_tongue
from reconciler.portal.pages.visit import Visit, shown_picture, visits
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.naming import name_for
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import Workflow
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(include_in_schema=False)
Services = Annotated[Visit, visits("services.write")]
Settings = Annotated[Visit, visits("settings.write")]
MOST_DAYS: Final = {"offers": 3650, "activation": 365}


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
        "workflows": [Workflow.PM_QUOTE_MANUAL], "available_to_all": False, "price": None, "owner": None,
    }  # fmt: skip


@router.post("/admin/services")
def add_service(visit: Services, form: Sent) -> Response:
    """Add a service."""

    def act(work: Work) -> str:
        fields = _typed_service(form, _wrong_code(form))
        code = form.text("code")
        row = services.create(work, code, fields)
        work.audit(Verb.POST_SERVICES, row, None, {"code": code, **fields})
        return "/admin/services"

    return visit.submit(form, act, lambda wrong: _service(visit, _blank(), form, wrong), done="added")


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
        row = connection.execute(select(t.services).where(t.services.c.id == id)).mappings().first()
    if row is None:
        raise Problem("not-found", f"there is no service '{id}'")
    return dict(row)


def _service(visit: Visit, service: Found, form: Form | None = None, wrong: Mistakes | None = None) -> Response:
    return visit.page(
        "admin/service.html", wrong=wrong, service=service, form=form, workflows=tuple(Workflow),
        file=file_of("service", service),
    )  # fmt: skip


@router.post("/admin/services/{id}")
def edit_service(visit: Services, id: str, form: Sent) -> Response:
    """Change a service."""

    def act(work: Work) -> str:
        row = work.one("service", id)
        form.must_match(row.values, id)
        work.audit(Verb.PATCH_SERVICES, row, *set_fields(work, row, _typed_service(form, {})))
        return f"/admin/services/{id}"

    return visit.submit(form, act, lambda wrong: _service(visit, _known_service(visit, id), form, wrong), done="saved")


@router.post("/admin/services/{id}/remove")
def remove_service(visit: Services, id: str, form: Sent) -> Response:
    """Remove a service that nobody refers to."""

    def act(work: Work) -> str:
        row = work.one("service", id)
        form.must_match(row.values, id)
        work.audit(Verb.DELETE_SERVICES, row, *services.remove(work, row))
        return "/admin/services"

    return visit.submit(
        form, act, lambda wrong: _service(visit, _known_service(visit, id), None, wrong), done="removed"
    )


def _typed_service(form: Form, wrong: Mapping[str, Why]) -> dict[str, Any]:
    price = None
    if form.text("per_word") or form.text("currency"):
        amount = form.text("per_word").replace(",", ".")
        price = {"currency": form.text("currency").upper(), "per_word": amount}
    nothing: dict[str, Why] = {} if form.all("workflows") else {"workflows": "mistake.choice"}
    return judged(ServiceFields, {
        "name": form.text("name"), "description": form.optional("description"), "template": form.optional("template"),
        "workflows": form.all("workflows"), "available_to_all": form.ticked("available_to_all"), "price": price,
    }, {**wrong, **missing(form, "name"), **nothing}).sent()  # fmt: skip


@router.get("/admin/settings")
def show_settings(visit: Settings) -> Response:
    """The portal's settings."""
    return _settings(visit)


def _settings(
    visit: Visit, form: Form | None = None, wrong: Mistakes | None = None, name: str | None = None
) -> Response:
    with visit.store.read() as connection:
        row = dict(connection.execute(select(t.settings)).mappings().one())
    return visit.page(
        "admin/settings.html", wrong=wrong, settings=row, form=form, file=file_of("settings", row),
        name=visit.store.name() if name is None else name, usual=name_for(visit.language, ""),
    )  # fmt: skip


@router.post("/admin/settings")
def change_settings(visit: Settings, form: Sent) -> Response:
    """Change the portal's settings."""

    def act(work: Work) -> str:
        row = work.one("settings", "settings")
        form.must_match(row.values, "settings")
        work.audit(Verb.PATCH_SETTINGS, row, *set_fields(work, row, _typed_settings(form, row.values)))
        return "/admin/settings"

    return visit.submit(form, act, lambda wrong: _settings(visit, form, wrong), done="saved")


@router.post("/admin/settings/name")
def rename_portal(visit: Settings, form: Sent) -> Response:
    """Give the portal a name, or take it back."""

    def act(work: Work) -> str:
        portal, audited = naming.rename(work, judged(PortalName, {"name": form.optional("portal_name")}).name)
        work.audit(Verb.PORTAL_RENAME, portal, *audited)
        return "/admin/settings"

    def again(wrong: Mistakes) -> Response:
        return _settings(visit, None, wrong.of("portal"), form.text("portal_name"))

    return visit.submit(form, act, again, done="saved")


def _typed_settings(form: Form, now: Found) -> dict[str, Any]:
    wrong = _wrong_settings(form, now)
    lasting = {name: {"expire_after_days": _days(form, name)} for name in MOST_DAYS if name not in wrong}
    return judged(SettingsFields, {
        "sign_up": form.text("sign_up"),
        "languages": {"source": form.lines("source"), "target": form.lines("target")},
        "branding": {"primary_color": form.optional("primary_color"), "logo": form.optional("logo")}, **lasting,
    }, wrong).sent()  # fmt: skip


def _wrong_settings(form: Form, now: Found) -> dict[str, Why]:
    """What the shape does not know: longest times, languages that there are, pictures that pages may show."""
    wrong: dict[str, Why] = {}
    for name, most in MOST_DAYS.items():
        if not 1 <= _days(form, name) <= most:
            wrong[name] = Told("mistake.days", {"most": str(most)})
    for side in ("source", "target"):
        tags = [tag for tag in form.lines(side) if tag not in now["languages"][side] and not is_tongue(tag)]
        if tags:
            wrong[side] = Told("mistake.tongue", {"tag": tags[0]})
    if form.text("logo") and not shown_picture(form.text("logo")):
        wrong["logo"] = "mistake.logo"
    return wrong


def _days(form: Form, name: str) -> int:
    """The days as typed; 0, which is never right, where no such number stands."""
    typed = form.text(name)
    return int(typed) if re.fullmatch(r"[0-9]{1,6}", typed) else 0
