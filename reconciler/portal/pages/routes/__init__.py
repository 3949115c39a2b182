"""The pages, one module an area; a page that is not in `ROUTERS` is not there."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from reconciler.portal.pages.routes import (
    administration,
    customers,
    decisions,
    downloads,
    people,
    records,
    requests,
    sending,
    statistics,
    team,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    sending.router, requests.router, decisions.router, downloads.router, statistics.router, team.router, people.router, customers.router, administration.router, records.router,
)  # fmt: skip
