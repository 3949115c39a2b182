"""One event of a request as a write of the API."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.row_scope import get_in_scope
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.serialization import as_json


def apply_event(
    request: Request,
    id: str,
    body: bytes,
    grant: Grant,
    event: str,
    *,
    action: Callable[[Work, Row], AuditValues],
) -> Response:
    """Apply the event and return the request; `If-Match` must have its current version."""

    def write_event(work: Work) -> WriteResult:
        # the scope is asked first: `stale` would reveal that the row exists
        row = require_version(request, get_in_scope(work, grant, "request", id))
        work.audit(EVENTS[event].audit_action, row, *action(work, row))
        return row_result(200, as_json("request", row.values))

    return write(request, grant, body, write_event)
