"""The administrator's usage page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions.usage import usage
from reconciler.portal.pages.context import Visit, visits

router = APIRouter(include_in_schema=False)
Counts = Annotated[Visit, visits("usage.read")]


@router.get("/admin/usage")
def show_usage(visit: Counts) -> Response:
    """How much the portal is used."""
    with visit.store.read() as connection:
        figures = usage(connection, visit.store.clock())
    return visit.page("admin/usage.html", usage=figures)
