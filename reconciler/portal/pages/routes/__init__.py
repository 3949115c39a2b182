"""The pages, one module an area; a page that is not in `ROUTERS` is not there."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from reconciler.portal.pages.routes import (
    access,
    account,
    administration,
    customers,
    decisions,
    downloads,
    links,
    people,
    records,
    requests,
    sending,
    sign_on,
    staff,
    statistics,
    team,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    access.router, sign_on.router, links.router, account.router, sending.router, requests.router, decisions.router, downloads.router,
    statistics.router, team.router, people.router, customers.router, staff.router, administration.router,
    records.router,
)  # fmt: skip
