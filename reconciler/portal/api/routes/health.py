"""Monitoring: liveness, readiness and metrics of a server."""

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


# async, because it must answer without one of the threads that may all be busy
@router.get("/healthz", dependencies=[requires("health.read")])
async def alive() -> Response:
    """Answer while the process runs, even if all its threads wait for the database."""
    return answer({"status": "ok"})


@router.get("/readyz", dependencies=[requires("health.read")])
def ready(request: Request) -> Response:
    """Answer if the server can work: database of this version, and room for files."""
    store = store_of(request)
    with store.read() as connection:
        current, newest = schema_of(connection)
    if current != newest:
        raise Problem(
            "unavailable",
            f"the database is of version '{current}', this program needs '{newest}'",
        )
    with store.vault.incoming():
        pass  # a file can be created
    return answer({"status": "ready"})


@router.get("/metrics")
def read_metrics(
    request: Request, _: Annotated[Grant, requires("metrics.read")]
) -> Response:
    """Return the metrics in the format of Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=MEDIA_TYPE)
