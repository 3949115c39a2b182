"""Settings of the portal."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.schemas import SettingsFields
from reconciler.portal.api.paging import row_answer
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import (
    Settings,
)
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    body_of,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.security import requires
from reconciler.portal.web.serialization import as_json

router = api_router(tag="catalogue")
Body = Annotated[bytes, Depends(body_of)]


@router.get("/settings", response_model=Settings, dependencies=[requires("settings.read")])
def read_settings(request: Request) -> Response:
    """Return the portal's settings."""
    return row_answer(request, "settings", "settings")


@router.patch("/settings", response_model=Settings)
def change_settings(
    request: Request,
    fields: SettingsFields,
    body: Body,
    grant: Annotated[Grant, requires("settings.write")],
) -> Response:
    """Change some settings."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, work.get("settings", "settings"))
        work.audit(
            AuditAction.PATCH_SETTINGS, row, *set_fields(work, row, fields.sent_fields())
        )
        return row_result(200, as_json("settings", row.values))

    return write(request, grant, body, write_action)
