"""What the reconciler writes: leases and batches."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Body as JsonBody

from reconciler.portal.acts import leases
from reconciler.portal.acts.batch import carry_out
from reconciler.portal.acts.operations import Batch
from reconciler.portal.acts.sessions import acting
from reconciler.portal.api.answers import answer
from reconciler.portal.api.models import PROBLEMS, BatchDone, Lease, LeaseRenewal, LeaseWanted
from reconciler.portal.api.security import allowed, store_of
from reconciler.portal.api.strict import DescribedAs, JsonRoute, checked
from reconciler.portal.api.writing import body_of, write
from reconciler.portal.rules.policy import Grant

router = APIRouter(route_class=JsonRoute, tags=["runs"], responses=PROBLEMS)

By = Annotated[Grant, allowed("leases.write")]
Body = Annotated[bytes, Depends(body_of)]


@router.post("/leases", status_code=201, response_model=Lease)
def take_lease(request: Request, wanted: LeaseWanted, grant: By) -> Response:
    """All the scopes for one holder for a while, or none of them."""
    with acting(store_of(request), grant.principal) as work:
        lease = leases.take(work, wanted.scopes, wanted.ttl_s, wanted.holder, wanted.run)
    return answer(lease, 201)


@router.put("/leases/{id}", response_model=Lease)
def renew_lease(request: Request, id: str, renewal: LeaseRenewal, grant: By) -> Response:
    """The lease for longer."""
    with acting(store_of(request), grant.principal) as work:
        lease = leases.renew(work, id, renewal.token, renewal.ttl_s)
    return answer(lease)


@router.delete("/leases/{id}", status_code=204)
def give_lease_back(request: Request, id: str, grant: By) -> Response:
    """The scopes are free again."""
    with acting(store_of(request), grant.principal) as work:
        leases.give_back(work, id)
    return Response(status_code=204)


@router.post("/batches", response_model=BatchDone)
def carry_out_batch(
    request: Request, sent: Annotated[object, DescribedAs(Batch), JsonBody()], body: Body,
    grant: Annotated[Grant, allowed("batches.write")],
) -> Response:  # fmt: skip
    """All operations in one transaction, or none of them."""
    batch = checked(Batch, sent)

    def act(work: Any) -> tuple[int, Any, dict[str, str]]:
        return 200, carry_out(work, batch), {}

    return write(request, grant, body, act)
