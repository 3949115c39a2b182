"""The pages, one module an area; a page that is not in `ROUTERS` is not there."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from reconciler.portal.pages.routes import (
    access,
    account,
    contacts,
    customers,
    downloads,
    handovers,
    history,
    links,
    new_request,
    outbox,
    projects,
    quotes,
    requests,
    services,
    settings,
    sign_on,
    staff,
    statistics,
    team,
    usage,
)

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    module.router
    for module in (
        access,
        sign_on,
        links,
        account,
        new_request,
        requests,
        quotes,
        projects,
        handovers,
        downloads,
        statistics,
        team,
        contacts,
        customers,
        staff,
        services,
        settings,
        outbox,
        history,
        usage,
    )
)
