"""The application: routes, policies, problems and the OpenAPI document, around one store."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from reconciler.portal.api.openapi import complete, operation_of
from reconciler.portal.api.router import PREFIX
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
from reconciler.portal.pages.site import PAGES, PageHeaders, bare_page, csrf_of, problem_page
from reconciler.portal.sign_on.journey import SignOn
from reconciler.portal.store.store import Store
from reconciler.portal.web.access_log import AccessLog
from reconciler.portal.web.body_budget import BodyBudget
from reconciler.portal.web.body_validation import BodyValidation, JsonRoute
from reconciler.portal.web.budgets import Budget
from reconciler.portal.web.methods import Methods
from reconciler.portal.web.metrics import Metrics
from reconciler.portal.web.request_limits import TRAFFIC_LIMITS, RequestLimits, TrafficLimits
from reconciler.portal.web.responses import answer, install_error_handlers
from reconciler.portal.web.security import requires

SNAPSHOTS, SNAPSHOTS_OF_ONE = 16, 4
"""Snapshots that one process sends at once, in all and to one token: each keeps a connection to the database."""


class Portal(FastAPI):
    """The application inside its outermost layers, through which every answer goes, also that to a bug."""

    def build_middleware_stack(self) -> ASGIApp:
        """The layers from the outside in: journal, limited, then the framework's own."""
        store: Store = self.state.store
        limited = RequestLimits(
            super().build_middleware_stack(), bare_page, secure=store.base_url.startswith("https:"),
            limits=self.state.traffic_limits,
        )  # fmt: skip
        return AccessLog(limited, self.state.metrics)

    def openapi(self) -> dict[str, Any]:
        """The document: what the framework finds, and what we add."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi(), api_routes(self))
        return self.openapi_schema


def create_app(store: Store, sign_on: SignOn | None = None, limits: TrafficLimits = TRAFFIC_LIMITS) -> FastAPI:
    """The portal on this store; it does not start when a route has no policy. `sign_on`: where else people log in."""
    app = Portal(
        title="Customer portal", version=version("portal-reconciler"), openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False,
        description="Customers, contacts and their requests. The contract in words is in the portal's README.",
    )  # fmt: skip
    app.state.store, app.state.sign_on, app.state.traffic_limits = store, sign_on, limits
    app.state.snapshots = Budget(
        SNAPSHOTS,
        SNAPSHOTS_OF_ONE,
        f"at most {SNAPSHOTS} snapshots at once, {SNAPSHOTS_OF_ONE} of one caller: ask again",
    )
    app.state.body_budget = BodyBudget()
    app.state.metrics = Metrics(store)
    app.state.csrf = csrf_of(store)
    install_error_handlers(app, problem_page)
    app.router.routes.extend(_routes())
    app.add_middleware(BodyValidation)
    app.add_middleware(PageHeaders)
    every_route_has_a_policy(app)
    app.state.methods = Methods(api_routes(app, hidden=True))
    return app


document = APIRouter(include_in_schema=False)


@document.get(f"{PREFIX}/openapi.json", dependencies=[requires("document.read")])
def read_document(request: Request) -> Response:
    """The OpenAPI document."""
    return answer(request.app.openapi())


def _routes() -> Iterator[BaseRoute]:
    """The routes of all modules, in the order in which a path is matched."""
    for module in (
        meta, snapshots, history, leases, batches, access, account, staff, settings, services, customers, registrations,
        contacts, requests, files, quotes, projects, handovers, statistics, outbox, health,
    ):  # fmt: skip
        yield from module.router.routes
    yield from document.routes
    for router in PAGES:
        yield from router.routes


def every_route_has_a_policy(app: FastAPI) -> None:
    """A `LookupError` when a route, names no operation, or parses its body itself."""
    for route in app.routes:
        if not isinstance(route, APIRoute) or operation_of(route) is None:
            raise LookupError(f"{getattr(route, 'path', route)} has no policy")
        if route.body_field is not None and not isinstance(route, JsonRoute):
            raise LookupError(f"{route.path} takes a body and is no JsonRoute")


def api_routes(app: FastAPI, *, hidden: bool = False) -> Iterator[APIRoute]:
    """The routes of the API that the document describes; with `hidden` all others too."""
    for route in app.routes:
        if isinstance(route, APIRoute) and (hidden or route.include_in_schema):
            yield route
