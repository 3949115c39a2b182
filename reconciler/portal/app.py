"""The application: routes, policies, problems and the OpenAPI document for one store."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from reconciler.portal.api.openapi import complete_document, operation_of
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
from reconciler.portal.i18n.catalogs import check_catalogs
from reconciler.portal.pages.forms.resumption import keep_ended_form
from reconciler.portal.pages.site import (
    PAGE_ROUTERS,
    PageHeaders,
    csrf_protection,
    problem_page,
    standalone_problem_page,
)
from reconciler.portal.sign_on.protocol import SignOn
from reconciler.portal.store.store import Store
from reconciler.portal.web.access_log import AccessLog
from reconciler.portal.web.body_budget import BodyBudget
from reconciler.portal.web.body_validation import BodyValidation, JsonRoute
from reconciler.portal.web.budgets import Budget
from reconciler.portal.web.head_requests import HeadRequests
from reconciler.portal.web.methods import Methods
from reconciler.portal.web.metrics import Metrics
from reconciler.portal.web.request_limits import (
    TRAFFIC_LIMITS,
    RequestLimits,
    TrafficLimits,
)
from reconciler.portal.web.responses import answer, install_error_handlers
from reconciler.portal.web.security import requires

# The modules of the API, in the order in which a path is matched.
MODULES: Final = (
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
    # before `contacts`, whose /contacts/{id}/{action} would catch `approve` and `reject`
    registrations,
    contacts,
    requests,
    files,
    quotes,
    projects,
    handovers,
    statistics,
    outbox,
    health,
)
# Snapshots sent at once, per process and per token; each uses a database connection.
MAX_SNAPSHOTS, MAX_SNAPSHOTS_PER_CALLER = 16, 4


class Portal(FastAPI):
    """The application with its outermost layers, which every answer passes, even after a bug."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers: access log outside, then request limits, then the framework's."""
        store: Store = self.state.store
        limited = RequestLimits(
            super().build_middleware_stack(),
            standalone_problem_page,
            secure=store.base_url.startswith("https:"),
            limits=self.state.traffic_limits,
        )
        return AccessLog(limited, self.state.metrics)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = complete_document(super().openapi(), api_routes(self))
        return self.openapi_schema


def create_app(
    store: Store, sign_on: SignOn | None = None, limits: TrafficLimits = TRAFFIC_LIMITS
) -> FastAPI:
    """Return the portal for this store; a route without a policy prevents the start.

    `sign_on`: an identity provider for log-in.
    """
    check_catalogs()
    app = Portal(
        title="Customer portal",
        version=version("portal-reconciler"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # a redirect would answer without the gate of any route
        redirect_slashes=False,
        description="Customers, contacts and their requests. The contract in words is in the "
        "portal's README.",
    )
    app.state.store, app.state.sign_on, app.state.traffic_limits = store, sign_on, limits
    app.state.snapshots = Budget(
        MAX_SNAPSHOTS,
        MAX_SNAPSHOTS_PER_CALLER,
        f"at most {MAX_SNAPSHOTS} snapshots at once, {MAX_SNAPSHOTS_PER_CALLER} per caller; "
        "try again",
    )
    app.state.body_budget = BodyBudget()
    app.state.metrics = Metrics(store)
    app.state.csrf = csrf_protection(store)
    app.state.keep_ended_form = keep_ended_form
    install_error_handlers(app, problem_page)
    app.router.routes.extend(_routes())
    # the last one is the outermost: refusals of the body get the headers of pages too
    app.add_middleware(BodyValidation)
    app.add_middleware(PageHeaders)
    app.add_middleware(HeadRequests)
    check_policies(app)
    app.state.methods = Methods(api_routes(app, hidden=True))
    return app


document = APIRouter(include_in_schema=False)


@document.get(f"{PREFIX}/openapi.json", dependencies=[requires("document.read")])
def read_document(request: Request) -> Response:
    """Return the OpenAPI document."""
    return answer(request.app.openapi())


def _routes() -> Iterator[BaseRoute]:
    """Yield the routes of all modules, in the order in which a path is matched."""
    for module in MODULES:
        yield from module.router.routes
    yield from document.routes
    for router in PAGE_ROUTERS:
        yield from router.routes


def check_policies(app: FastAPI) -> None:
    """Raise a `LookupError` if a route names no operation, or parses its body itself."""
    for route in app.routes:
        if not isinstance(route, APIRoute) or operation_of(route) is None:
            raise LookupError(f"{getattr(route, 'path', route)} has no policy")
        if route.body_field is not None and not isinstance(route, JsonRoute):
            raise LookupError(f"{route.path} takes a body and is not a JsonRoute")


def api_routes(app: FastAPI, *, hidden: bool = False) -> Iterator[APIRoute]:
    """Yield the routes of the API that the document describes; with `hidden` all others too."""
    for route in app.routes:
        if isinstance(route, APIRoute) and (hidden or route.include_in_schema):
            yield route
