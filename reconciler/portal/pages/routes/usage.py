"""The administrator's page of usage numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions.usage import usage
from reconciler.portal.pages.context import PageContext, page_context

router = APIRouter(include_in_schema=False)
UsageReader = Annotated[PageContext, page_context("usage.read")]


@router.get("/admin/usage")
def show_usage(context: UsageReader) -> Response:
    """Return the numbers of customers, people, requests, words, files and mails."""
    with context.store.read() as connection:
        numbers = usage(connection, context.store.clock())
    return context.render("usage/overview.html", usage=numbers)
