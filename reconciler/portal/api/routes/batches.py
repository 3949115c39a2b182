"""Batches: all operations of a reconciler's batch in one transaction."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body as JsonBody
from fastapi import Depends, Request, Response

from reconciler.portal.actions.batches import apply_batch
from reconciler.portal.actions.operations import Batch
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import BatchAnswer
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.body_validation import DescribedAs, validated
from reconciler.portal.web.idempotency import body_of, write
from reconciler.portal.web.security import requires

router = api_router(tag="runs")
Body = Annotated[bytes, Depends(body_of)]


@router.post("/batches", response_model=BatchAnswer)
def write_batch(
    request: Request,
    value: Annotated[object, DescribedAs(Batch), JsonBody()],
    body: Body,
    grant: Annotated[Grant, requires("batches.write")],
) -> Response:
    """Apply all operations in one transaction, or none of them."""
    # validated here, in a worker thread: 5,000 operations would stop the event loop for long
    batch = validated(Batch, value)

    def write_action(work: Any) -> tuple[int, Any, dict[str, str]]:
        return 200, apply_batch(work, batch), {}

    return write(request, grant, body, write_action)
