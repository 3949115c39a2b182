"""The application: routes, policies, problems and the OpenAPI document, around one store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from reconciler.portal.api.answers import answer, install
from reconciler.portal.api.routes import (
    access,
    account,
    catalogue,
    decisions,
    files,
    people,
    requests,
    runs,
    staff,
    state,
    statistics,
    work,
)
from reconciler.portal.api.security import Gate, allowed
from reconciler.portal.api.strict import StrictBodies
from reconciler.portal.pages.site import install_pages, problem_page
from reconciler.portal.store.store import Store

PREFIX = "/api/v1"


def create_app(store: Store) -> FastAPI:
    """The portal on this store; it does not start when a route has no policy."""
    app = FastAPI(
        title="Customer portal", version=version("reconciler"), openapi_url=None, docs_url=None, redoc_url=None,
        description="Customers, contacts and their requests. The contract in words is in the portal's README.",
    )  # fmt: skip
    app.state.store = store
    install(app, problem_page)
    api = APIRouter(prefix=PREFIX)
    for module in (
        state, runs, access, account, staff, catalogue, people, requests, files, decisions, statistics, work,
    ):  # fmt: skip
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(_health())
    _document(app)
    install_pages(app, store)
    app.add_middleware(StrictBodies)
    every_route_has_a_policy(app)
    return app


def _health() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz", dependencies=[allowed("health.read")])
    def alive() -> Response:
        return answer({"status": "ok"})

    return router


def _document(app: FastAPI) -> None:
    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False, dependencies=[allowed("document.read")])
    def document() -> Response:
        return answer(app.openapi())


def every_route_has_a_policy(app: FastAPI) -> None:
    """A `LookupError` when a route, however deep it was included, names no operation of the policy."""
    for route in routes_of(app.routes):
        if not isinstance(route, APIRoute) or not _policies(route):
            raise LookupError(f"{getattr(route, 'path', route)} has no policy")


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, also those within included routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes_of(inner.routes)


def _policies(route: APIRoute) -> list[str]:
    waiting = list(route.dependant.dependencies)
    found: list[str] = []
    while waiting:
        one = waiting.pop()
        waiting.extend(one.dependencies)
        if isinstance(one.call, Gate):
            found.append(one.call.operation)
    return found
