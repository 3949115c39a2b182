"""One event of a request, as a form on the request's page."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from fastapi import Response

from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.row_scope import get_in_scope, row_in_scope
from reconciler.portal.pages.context import Visit
from reconciler.portal.pages.forms.form import Form, Mistakes
from reconciler.portal.pages.queries.requests import Kept, one_request
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

Act = Callable[[Work, Row], AuditValues]


def bring_about(
    visit: Visit,
    id: str,
    form: Form,
    event: str,
    act: Act,
    *,
    to: str | None = None,
    kept: Kept = MappingProxyType({}),
) -> Response:
    """Return the page after the event, or the page of the request with the form's mistakes."""

    def done(work: Work) -> str:
        row = get_in_scope(work, visit.grant, "request", id)
        form.must_match(row.values, id)
        work.audit(EVENTS[event].verb, row, *act(work, row))
        return to or f"/requests/{id}"

    def again(wrong: Mistakes) -> Response:
        with visit.store.read() as connection:
            found = one_request(
                connection,
                visit,
                row_in_scope(connection, visit.grant, t.requests, id),
                kept,
            )
        return visit.page(
            "requests/one.html",
            wrong=wrong.of(event),
            found=found,
            request=found.row,
            form=form,
            asked=None,
        )

    return visit.submit(form, done, again, done=f"request.{event}")
