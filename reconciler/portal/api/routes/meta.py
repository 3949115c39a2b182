"""The portal's identity, epoch and revision."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from reconciler.portal.api.schemas.resources import PROBLEMS, Meta
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.rules.policy import Grant
from reconciler.portal.store import tables as t
from reconciler.portal.web.body_validation import JsonRoute
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import allowed, store_of

router = APIRouter(route_class=JsonRoute, tags=["state"], responses=PROBLEMS)


@router.get("/meta", response_model=Meta)
def read_meta(request: Request, grant: Annotated[Grant, allowed("meta.read")]) -> Response:
    """Which portal this is, at which revision, and until when the caller's token opens it."""
    store, by = store_of(request), grant.principal
    with store.read() as connection:
        head = connection.execute(select(t.portal)).one()
    return answer({
        "id": head.id, "epoch": head.epoch, "revision": head.revision, "now": store.clock(),
        "version": version("portal-reconciler"), "name": name_for("en", head.name), "head": head.head,
        "token": {"owner": by.owner, "expires_at": by.expires_at},
    })  # fmt: skip
