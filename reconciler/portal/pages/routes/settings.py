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
from reconciler.portal.pages.context import PageContext, displayable_logo, page_context
from reconciler.portal.pages.forms.form import (
    FilledSentence,
    Form,
    Mistakes,
    MistakeSentence,
    SubmittedForm,
    validate,
)
from reconciler.portal.pages.languages import is_language_tag
from reconciler.portal.pages.queries.rows import RowValues, git_path_of
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
SettingsEditor = Annotated[PageContext, page_context("settings.write")]
# Longest times in days until an offer and an activation link expire.
MAX_DAYS: Final = {"offers": 3650, "activation": 365}


@router.get("/admin/settings")
def show_settings(context: SettingsEditor) -> Response:
    """Return the portal's settings."""
    return _settings_page(context)


def _settings_page(
    context: PageContext,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
    name: str | None = None,
) -> Response:
    with context.store.read() as connection:
        row = dict(connection.execute(select(t.settings)).mappings().one())
    return context.render(
        "settings/edit.html",
        mistakes=mistakes,
        settings=row,
        form=form,
        git_path=git_path_of("settings", row),
        name=context.store.name() if name is None else name,
        default_name=name_for(context.language, ""),
    )


@router.post("/admin/settings")
def edit_settings(context: SettingsEditor, form: SubmittedForm) -> Response:
    """Change the portal's settings."""

    def write_action(work: Work) -> str:
        row = work.get("settings", "settings")
        form.check_version(row.values, "settings")
        work.audit(
            AuditAction.PATCH_SETTINGS,
            row,
            *set_fields(work, row, _settings_fields(form, row.values)),
        )
        return "/admin/settings"

    return context.submit(
        form,
        write_action,
        lambda mistakes: _settings_page(context, form, mistakes),
        message="saved",
    )


@router.post("/admin/settings/name")
def rename_portal(context: SettingsEditor, form: SubmittedForm) -> Response:
    """Give the portal a name; an empty one restores the default name."""

    def write_action(work: Work) -> str:
        portal, audit_values = portal_name.rename(
            work, validate(PortalName, {"name": form.text_or_none("portal_name")}).name
        )
        work.audit(AuditAction.PORTAL_RENAME, portal, *audit_values)
        return "/admin/settings"

    def show_again(mistakes: Mistakes) -> Response:
        # No `form`: the other form of the page shows the stored settings.
        return _settings_page(
            context, None, mistakes.for_event("portal"), form.text("portal_name")
        )

    return context.submit(form, write_action, show_again, message="saved")


def _settings_fields(form: Form, current: RowValues) -> dict[str, Any]:
    mistakes = _settings_mistakes(form, current)
    periods = {
        name: {"expire_after_days": _days(form, name)}
        for name in MAX_DAYS
        if name not in mistakes
    }
    return validate(
        SettingsFields,
        {
            "sign_up": form.text("sign_up"),
            "languages": {"source": form.lines("source"), "target": form.lines("target")},
            "branding": {
                "primary_color": form.text_or_none("primary_color"),
                "logo": form.text_or_none("logo"),
            },
            **periods,
        },
        mistakes,
    ).sent_fields()


def _settings_mistakes(form: Form, current: RowValues) -> dict[str, MistakeSentence]:
    """Return the mistakes that the schema does not know: of times, languages and the logo."""
    mistakes: dict[str, MistakeSentence] = {}
    for name, maximum in MAX_DAYS.items():
        if not 1 <= _days(form, name) <= maximum:
            mistakes[name] = FilledSentence("mistake.days", {"most": str(maximum)})
    for field in ("source", "target"):
        # A file may name any tag, so those that are set already may stay.
        tags = [
            tag
            for tag in form.lines(field)
            if tag not in current["languages"][field] and not is_language_tag(tag)
        ]
        if tags:
            mistakes[field] = FilledSentence("mistake.language-tag", {"tag": tags[0]})
    if form.text("logo") and not displayable_logo(form.text("logo")):
        mistakes["logo"] = "mistake.logo"
    return mistakes


def _days(form: Form, name: str) -> int:
    """Return the typed number of days; 0, which is never valid, for any other text."""
    text = form.text(name)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0
