"""The administrator's settings, and the portal's name."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.actions import portal_name
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.schemas import PortalName, SettingsFields
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.pages.context import Visit, shown_picture, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, Told, Why, judged
from reconciler.portal.pages.languages import is_language_tag
from reconciler.portal.pages.queries.checkout import Found, file_of
from reconciler.portal.rules.audit import Verb
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
Settings = Annotated[Visit, visits("settings.write")]
MOST_DAYS: Final = {"offers": 3650, "activation": 365}


@router.get("/admin/settings")
def show_settings(visit: Settings) -> Response:
    """The portal's settings."""
    return _settings(visit)


def _settings(
    visit: Visit,
    form: Form | None = None,
    wrong: Mistakes | None = None,
    name: str | None = None,
) -> Response:
    with visit.store.read() as connection:
        row = dict(connection.execute(select(t.settings)).mappings().one())
    return visit.page(
        "admin/settings.html",
        wrong=wrong,
        settings=row,
        form=form,
        file=file_of("settings", row),
        name=visit.store.name() if name is None else name,
        usual=name_for(visit.language, ""),
    )


@router.post("/admin/settings")
def change_settings(visit: Settings, form: Sent) -> Response:
    """Change the portal's settings."""

    def act(work: Work) -> str:
        row = work.get("settings", "settings")
        form.must_match(row.values, "settings")
        work.audit(
            Verb.PATCH_SETTINGS,
            row,
            *set_fields(work, row, _typed_settings(form, row.values)),
        )
        return "/admin/settings"

    return visit.submit(
        form, act, lambda wrong: _settings(visit, form, wrong), done="saved"
    )


@router.post("/admin/settings/name")
def rename_portal(visit: Settings, form: Sent) -> Response:
    """Give the portal a name, or take it back."""

    def act(work: Work) -> str:
        portal, audited = portal_name.rename(
            work, judged(PortalName, {"name": form.optional("portal_name")}).name
        )
        work.audit(Verb.PORTAL_RENAME, portal, *audited)
        return "/admin/settings"

    def again(wrong: Mistakes) -> Response:
        return _settings(visit, None, wrong.of("portal"), form.text("portal_name"))

    return visit.submit(form, act, again, done="saved")


def _typed_settings(form: Form, now: Found) -> dict[str, Any]:
    wrong = _wrong_settings(form, now)
    lasting = {
        name: {"expire_after_days": _days(form, name)}
        for name in MOST_DAYS
        if name not in wrong
    }
    return judged(
        SettingsFields,
        {
            "sign_up": form.text("sign_up"),
            "languages": {"source": form.lines("source"), "target": form.lines("target")},
            "branding": {
                "primary_color": form.optional("primary_color"),
                "logo": form.optional("logo"),
            },
            **lasting,
        },
        wrong,
    ).sent_fields()


def _wrong_settings(form: Form, now: Found) -> dict[str, Why]:
    """What the shape does not know: longest times, languages that there are, pictures that
    pages may show.
    """
    wrong: dict[str, Why] = {}
    for name, most in MOST_DAYS.items():
        if not 1 <= _days(form, name) <= most:
            wrong[name] = Told("mistake.days", {"most": str(most)})
    for side in ("source", "target"):
        tags = [
            tag
            for tag in form.lines(side)
            if tag not in now["languages"][side] and not is_language_tag(tag)
        ]
        if tags:
            wrong[side] = Told("mistake.language-tag", {"tag": tags[0]})
    if form.text("logo") and not shown_picture(form.text("logo")):
        wrong["logo"] = "mistake.logo"
    return wrong


def _days(form: Form, name: str) -> int:
    """The days as typed; 0, which is never right, where no such number stands."""
    typed = form.text(name)
    return int(typed) if re.fullmatch(r"[0-9]{1,6}", typed) else 0
