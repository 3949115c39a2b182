"""The routes of the pages, one module for each feature; only routers in `ROUTERS` are served."""

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
    registrations,
    requests,
    services,
    settings,
    sign_on,
    staff,
    statistics,
    team,
    uploads,
    usage,
)

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    module.router
    for module in (
        access,
        sign_on,
        links,
        account,
        # Before `requests`, which would take `/requests/new` for the id of a request.
        new_request,
        requests,
        quotes,
        projects,
        handovers,
        uploads,
        downloads,
        statistics,
        team,
        # Before `contacts`, whose last route takes any action of a contact.
        registrations,
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
