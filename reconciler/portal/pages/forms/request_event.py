"""The form of one event, such as `accept`, on the page of its request."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from fastapi import Response

from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.pages.context import PageContext
from reconciler.portal.pages.forms.form import Form, Mistakes
from reconciler.portal.pages.queries.requests import PendingUploads, request_details
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

RequestAction = Callable[[Work, Row], AuditValues]


def submit_event(
    context: PageContext,
    id: str,
    form: Form,
    event: str,
    write_action: RequestAction,
    *,
    path: str | None = None,
    pending_uploads: PendingUploads = MappingProxyType({}),
) -> Response:
    """Carry out the event and redirect; if it is refused, return the request's page with mistakes.

    `path` is the page to go on to, by default that of the request. `pending_uploads` are the files
    that came with the form, by field.
    """

    def write_event(work: Work) -> str:
        row = get_in_scope(work, context.grant, "request", id)
        form.check_version(row.values, id)
        work.audit(EVENTS[event].audit_action, row, *write_action(work, row))
        return path or f"/requests/{id}"

    def show_again(mistakes: Mistakes) -> Response:
        with context.store.read() as connection:
            details = request_details(
                connection,
                context,
                row_in_scope(connection, context.grant, t.requests, id),
                pending_uploads,
            )
        return context.render(
            "requests/detail.html",
            mistakes=mistakes.for_event(event),
            details=details,
            request=details.row,
            form=form,
            shown_count=None,
        )

    return context.submit(form, write_event, show_again, message=f"request.{event}")
