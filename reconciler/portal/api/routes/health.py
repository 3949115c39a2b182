"""What machines ask about a server: is it alive, may it get requests, how does it fare."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.database import schema_of
from reconciler.portal.web.metrics import MEDIA_TYPE, Metrics
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = APIRouter(include_in_schema=False)


@router.get("/healthz", dependencies=[requires("health.read")])
async def alive() -> Response:
    """The process answers, also when all its threads wait for the database."""
    return answer({"status": "ok"})


@router.get("/readyz", dependencies=[requires("health.read")])
def ready(request: Request) -> Response:
    """The server can do its work: the database is there and of this program's version, and files can be kept."""
    store = store_of(request)
    with store.read() as connection:
        found, newest = schema_of(connection)
    if found != newest:
        raise Problem("unavailable", f"the database is of version '{found}', this program is of '{newest}'")
    with store.vault.incoming():
        pass  # room for a file was made, and given back
    return answer({"status": "ready"})


@router.get("/metrics")
def read_metrics(request: Request, _: Annotated[Grant, requires("metrics.read")]) -> Response:
    """The figures, as Prometheus reads them."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=MEDIA_TYPE)
