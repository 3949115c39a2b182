"""The pages, one module an area; a page that is not in `ROUTERS` is not there."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from reconciler.portal.pages.routes import (
    access,
    account,
    administration,
    customers,
    links,
    people,
    records,
    staff,
    team,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    access.router, links.router, account.router, staff.router, team.router, people.router, customers.router, administration.router, records.router,
)  # fmt: skip
