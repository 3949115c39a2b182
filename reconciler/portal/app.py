"""The application: routes, policies, problems and the OpenAPI document, around one store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from reconciler.portal.api.openapi import complete, operation_of
from reconciler.portal.api.routes import (
    access,
    account,
    batches,
    contacts,
    customers,
    files,
    handovers,
    health,
    history,
    leases,
    meta,
    outbox,
    projects,
    quotes,
    registrations,
    requests,
    services,
    settings,
    snapshots,
    staff,
    statistics,
)
from reconciler.portal.i18n.catalogs import check_catalogs
from reconciler.portal.pages.site import PAGES, PageHeaders, bare_page, marks_of, problem_page
from reconciler.portal.sign_on.journey import SignOn
from reconciler.portal.store.store import Store
from reconciler.portal.web.access_log import Journal
from reconciler.portal.web.body_budget import Bodies
from reconciler.portal.web.body_validation import JsonRoute, StrictBodies
from reconciler.portal.web.budgets import Budget
from reconciler.portal.web.methods import Methods
from reconciler.portal.web.metrics import Figures
from reconciler.portal.web.parameters import only_known
from reconciler.portal.web.request_limits import PACES, Edge, Paces
from reconciler.portal.web.responses import answer, install
from reconciler.portal.web.security import allowed

PREFIX = "/api/v1"
SNAPSHOTS, SNAPSHOTS_OF_ONE = 16, 4
"""Snapshots that one process sends at once, in all and to one token: each keeps a connection to the database."""


class Portal(FastAPI):
    """The application inside its outermost layers, through which every answer goes, also that to a bug."""

    def build_middleware_stack(self) -> ASGIApp:
        """The layers from the outside in: journal, edge, then the framework's own."""
        store: Store = self.state.store
        edge = Edge(
            super().build_middleware_stack(), bare_page, secure=store.base_url.startswith("https:"),
            paces=self.state.paces,
        )  # fmt: skip
        return Journal(edge, self.state.figures)

    def openapi(self) -> dict[str, Any]:
        """The document: what the framework finds, and what we add."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi(), api_routes(self))
        return self.openapi_schema


def create_app(store: Store, sign_on: SignOn | None = None, paces: Paces = PACES) -> FastAPI:
    """The portal on this store; it does not start when a route has no policy. `sign_on`: where else people log in."""
    check_catalogs()
    app = Portal(
        title="Customer portal", version=version("portal-reconciler"), openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False,
        description="Customers, contacts and their requests. The contract in words is in the portal's README.",
    )  # fmt: skip
    app.state.store, app.state.sign_on, app.state.paces = store, sign_on, paces
    app.state.snapshots = Budget(
        SNAPSHOTS,
        SNAPSHOTS_OF_ONE,
        f"at most {SNAPSHOTS} snapshots at once, {SNAPSHOTS_OF_ONE} of one caller: ask again",
    )
    app.state.bodies = Bodies()
    app.state.figures = Figures(store)
    app.state.marks = marks_of(store)
    install(app, problem_page)
    app.router.routes += _routes()
    app.add_middleware(StrictBodies)
    app.add_middleware(PageHeaders)
    every_route_has_a_policy(app)
    app.state.methods = Methods(api_routes(app, hidden=True))
    return app


document = APIRouter(include_in_schema=False)


@document.get(f"{PREFIX}/openapi.json", dependencies=[allowed("document.read")])
def read_document(request: Request) -> Response:
    """The OpenAPI document."""
    return answer(request.app.openapi())


@cache
def _routes() -> list[BaseRoute]:
    """All routes, which are the same on every store; finding out what each of them takes is slow, and done once."""
    api = APIRouter(prefix=PREFIX, redirect_slashes=False, dependencies=[Depends(only_known)])
    for module in (
        meta, snapshots, history, leases, batches, access, account, staff, settings, services, customers, registrations,
        contacts, requests, files, quotes, projects, handovers, statistics, outbox,
    ):  # fmt: skip
        api.include_router(module.router)
    everything = APIRouter(redirect_slashes=False)
    for router in (api, health.router, document, *PAGES):
        everything.include_router(router)
    return everything.routes


def every_route_has_a_policy(app: FastAPI) -> None:
    """A `LookupError` when a route, however deep it was included, names no operation, or parses its body itself."""
    for route in routes_of(app.routes):
        if not isinstance(route, APIRoute) or operation_of(route) is None:
            raise LookupError(f"{getattr(route, 'path', route)} has no policy")
        if route.body_field is not None and not isinstance(route, JsonRoute):
            raise LookupError(f"{route.path} takes a body and is no JsonRoute")


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, also those within included routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes_of(inner.routes)


def api_routes(app: FastAPI, *, hidden: bool = False) -> Iterator[tuple[str, APIRoute]]:
    """The routes of the API that the document describes, each with its whole path; `hidden`: all others too."""
    for route in routes_of(app.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            yield PREFIX + route.path, route
        elif isinstance(route, APIRoute) and hidden:
            yield route.path, route
