"""Answers: JSON that is always the same bytes for the same value, and problems."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.database import failure

TRACE: Final[ContextVar[str]] = ContextVar("trace")
"""The trace of the request that is being answered; the log has it too."""
LOG: Final = logging.getLogger("portal")
_PREFIX: Final = "Value error, "
"""How pydantic begins the message of a check of ours."""
FOR_PROGRAMS: Final = ("/api/", "/healthz", "/readyz", "/metrics")
"""Where answers are read by programs; everything else is read by people."""

_TITLES: Final = {
    400: "malformed",
    401: "unauthenticated",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
}
_INDEXES: Final = {"address_form": "address-taken", "name_form": "name-taken", "external_key": "key-taken"}


def json_bytes(value: object) -> bytes:
    """The value as JSON: UTF-8, no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(json_bytes(value), status, {**(headers or {})}, "application/json")


def problem_answer(problem: Problem, trace: str | None = None) -> Response:
    """The problem as `application/problem+json`, with a trace that the log has too."""
    trace = trace or noted(problem)
    body = {
        "type": problem.type, "title": problem.type.replace("-", " "), "status": problem.status,
        "detail": problem.detail, "trace": trace, **problem.members,
    }  # fmt: skip
    headers = dict(problem.members.get("headers", {}))
    body.pop("headers", None)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status in {429, 503}:
        headers.setdefault("Retry-After", "1")
    return Response(json_bytes(body), problem.status, headers, "application/problem+json")


def noted(problem: Problem) -> str:
    """The trace under which the log has the problem."""
    trace = TRACE.get(None) or new_trace()
    LOG.info("problem", extra={"type": problem.type, "status": problem.status, "trace": trace})
    return trace


def new_trace() -> str:
    """The name of one request in the log."""
    return secrets.token_hex(8)


def _away(error: SQLAlchemyError) -> Problem:
    busy = isinstance(error, PoolTimeout)
    detail = "every connection to the database is in use" if busy else "the database does not answer"
    return Problem("unavailable", detail)


def install(app: FastAPI, page: Callable[[Request, Problem, str], Response]) -> None:
    """Make every way of going wrong end in a problem: as JSON in the API, as a `page` for people."""

    def told(request: Request, problem: Problem) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS):
            return problem_answer(problem)
        return page(request, problem, noted(problem))

    @app.exception_handler(Problem)
    def on_problem(request: Request, error: Problem) -> Response:
        return told(request, error)

    @app.exception_handler(RequestValidationError)
    def on_validation(request: Request, error: RequestValidationError) -> Response:
        found = [
            {"at": "/".join(map(str, each["loc"])), "message": each["msg"].removeprefix(_PREFIX)}
            for each in error.errors()[:20]
        ]
        return told(request, Problem("unprocessable", f"{found[0]['at']}: {found[0]['message']}", errors=found))

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException) -> Response:
        type = _TITLES.get(error.status_code, "malformed")
        detail = f"{request.method} is not possible here" if type == "method-not-allowed" else "there is nothing here"
        headers = dict(error.headers or {})
        if type == "method-not-allowed":
            headers = {"Allow": request.app.state.methods.of(request.url.path)}
        return told(request, Problem(type, detail, headers=headers))

    @app.exception_handler(IntegrityError)
    def on_integrity(request: Request, error: IntegrityError) -> Response:
        text = str(error.orig)
        type = next((type for column, type in _INDEXES.items() if column in text), "stale")
        return told(request, Problem(type, "somebody else wrote the same at the same time"))

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(OperationalError)
    def on_away(request: Request, error: SQLAlchemyError) -> Response:
        LOG.error("database", extra={**failure(error), "trace": TRACE.get(None)})
        return told(request, _away(error))

    @app.exception_handler(Exception)
    def on_bug(request: Request, error: Exception) -> Response:
        LOG.error("bug", exc_info=error, extra={"trace": TRACE.get(None)})
        # the server below closes a connection on which something raised: whoever would use it again is told
        detail = "something is wrong with the portal; the trace finds it in its log"
        return told(request, Problem("internal", detail, headers={"Connection": "close"}))
