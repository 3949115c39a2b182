"""Leases: take, renew, release."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from reconciler.portal.actions import leases
from reconciler.portal.actions.sessions import write_as
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import Lease, LeaseRenewal, LeaseWanted
from reconciler.portal.rules.policy import Grant
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router(tag="runs")
By = Annotated[Grant, requires("leases.write")]


@router.post("/leases", status_code=201, response_model=Lease)
def take_lease(request: Request, wanted: LeaseWanted, grant: By) -> Response:
    """All the scopes for one holder for a while, or none of them."""
    with write_as(store_of(request), grant.principal) as work:
        lease = leases.take(work, wanted.scopes, wanted.ttl_s, wanted.holder, wanted.run)
    return answer(lease, 201)


@router.put("/leases/{id}", response_model=Lease)
def renew_lease(request: Request, id: str, renewal: LeaseRenewal, grant: By) -> Response:
    """The lease for longer."""
    with write_as(store_of(request), grant.principal) as work:
        lease = leases.renew(work, id, renewal.token, renewal.ttl_s)
    return answer(lease)


@router.delete("/leases/{id}", status_code=204)
def give_lease_back(request: Request, id: str, grant: By) -> Response:
    """The scopes are free again."""
    with write_as(store_of(request), grant.principal) as work:
        leases.give_back(work, id)
    return Response(status_code=204)
