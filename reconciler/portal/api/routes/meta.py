"""The portal's identity, epoch and revision."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import Request, Response
from sqlalchemy import select

from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import Meta
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.rules.policy import Grant
from reconciler.portal.store import tables as t
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of

router = api_router(tag="state")


@router.get("/meta", response_model=Meta)
def read_meta(request: Request, grant: Annotated[Grant, requires("meta.read")]) -> Response:
    """Return the portal's identity and revision, and the caller's token."""
    store, by = store_of(request), grant.principal
    with store.read() as connection:
        head = connection.execute(select(t.portal)).one()
    return answer(
        {
            "id": head.id,
            "epoch": head.epoch,
            "revision": head.revision,
            "now": store.clock(),
            "version": version("portal-reconciler"),
            "name": name_for("en", head.name),
            "head": head.head,
            "token": {
                "scope": by.scope,
                "owner": by.owner,
                "expires_at": by.expires_at,
            },
        }
    )
