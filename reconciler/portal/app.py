"""The application: routes, policies, problems and the OpenAPI document for one store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from reconciler.portal.api.openapi import complete_document, operation_of
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
from reconciler.portal.web.parameters import reject_unknown_parameters
from reconciler.portal.web.request_limits import TRAFFIC_LIMITS, RequestLimits, TrafficLimits
from reconciler.portal.web.responses import answer, install_error_handlers
from reconciler.portal.web.security import requires

PREFIX = "/api/v1"
SNAPSHOTS, SNAPSHOTS_OF_ONE = 16, 4
"""Snapshots sent at once, per process and per token; each uses a database connection."""


class Portal(FastAPI):
    """The application with its outermost layers, which every answer passes, even after a bug."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers: access log outside, then request limits, then the framework's."""
        store: Store = self.state.store
        limited = RequestLimits(
            super().build_middleware_stack(),
            bare_page,
            secure=store.base_url.startswith("https:"),
            limits=self.state.traffic_limits,
        )
        return AccessLog(limited, self.state.metrics)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = complete_document(super().openapi(), api_routes(self))
        return self.openapi_schema


def create_app(store: Store, sign_on: SignOn | None = None, limits: TrafficLimits = TRAFFIC_LIMITS) -> FastAPI:
    """Return the portal for this store; a route without a policy prevents the start.

    `sign_on`: an identity provider for log-in.
    """
    app = Portal(
        title="Customer portal",
        version=version("portal-reconciler"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        description="Customers, contacts and their requests. The contract in words is in the portal's README.",
    )
    app.state.store, app.state.sign_on, app.state.traffic_limits = store, sign_on, limits
    app.state.snapshots = Budget(
        SNAPSHOTS,
        SNAPSHOTS_OF_ONE,
        f"at most {SNAPSHOTS} snapshots at once, {SNAPSHOTS_OF_ONE} per caller; try again",
    )
    app.state.body_budget = BodyBudget()
    app.state.metrics = Metrics(store)
    app.state.csrf = csrf_of(store)
    install_error_handlers(app, problem_page)
    app.router.routes += _routes()
    app.add_middleware(BodyValidation)
    app.add_middleware(PageHeaders)
    check_policies(app)
    app.state.methods = Methods(api_routes(app, hidden=True))
    return app


document = APIRouter(include_in_schema=False)


@document.get(f"{PREFIX}/openapi.json", dependencies=[requires("document.read")])
def read_document(request: Request) -> Response:
    """Return the OpenAPI document."""
    return answer(request.app.openapi())


@cache
def _routes() -> list[BaseRoute]:
    """Return all routes; cached, because building them is slow."""
    api = APIRouter(prefix=PREFIX, redirect_slashes=False, dependencies=[Depends(reject_unknown_parameters)])
    for module in (
        meta,
        snapshots,
        history,
        leases,
        batches,
        access,
        account,
        staff,
        settings,
        services,
        customers,
        registrations,
        contacts,
        requests,
        files,
        quotes,
        projects,
        handovers,
        statistics,
        outbox,
    ):
        api.include_router(module.router)
    all_routes = APIRouter(redirect_slashes=False)
    for router in (api, health.router, document, *PAGES):
        all_routes.include_router(router)
    return all_routes.routes


def check_policies(app: FastAPI) -> None:
    """Raise a `LookupError` if a route names no operation, or parses its body itself."""
    for route in routes_of(app.routes):
        if not isinstance(route, APIRoute) or operation_of(route) is None:
            raise LookupError(f"{getattr(route, 'path', route)} has no policy")
        if route.body_field is not None and not isinstance(route, JsonRoute):
            raise LookupError(f"{route.path} takes a body and is not a JsonRoute")


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield all routes, including those of included routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes_of(inner.routes)


def api_routes(app: FastAPI, *, hidden: bool = False) -> Iterator[tuple[str, APIRoute]]:
    """Yield the documented routes with their full paths; `hidden`: all other routes too."""
    for route in routes_of(app.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            yield PREFIX + route.path, route
        elif isinstance(route, APIRoute) and hidden:
            yield route.path, route
