"""The router of every module of the API."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends

from reconciler.portal.api.schemas.resources import PROBLEMS
from reconciler.portal.web.body_validation import JsonRoute
from reconciler.portal.web.parameters import reject_unknown_parameters

PREFIX: Final = "/api/v1"


def api_router(prefix: str = "", tag: str | None = None) -> APIRouter:
    """Return a router for paths below `/api/v1` and this prefix.

    Its routes go into the application as they are. Including a router in another one would cost
    each request several milliseconds: the framework then matches every path through all of them.
    """
    return APIRouter(
        prefix=PREFIX + prefix,
        # without it, each body would be parsed a second time, on the event loop
        route_class=JsonRoute,
        tags=[tag] if tag else None,
        responses=PROBLEMS,
        dependencies=[Depends(reject_unknown_parameters)],
    )
