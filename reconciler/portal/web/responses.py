"""Responses: JSON with the same bytes for the same value, and problems."""

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

# The trace of the current request, which the log also contains.
TRACE: Final[ContextVar[str]] = ContextVar("trace")
LOG: Final = logging.getLogger("portal")
# The prefix that pydantic adds to messages of our checks.
_PREFIX: Final = "Value error, "
# Paths whose answers are read by programs; all others are read by people.
PROGRAM_PATHS: Final = ("/api/", "/healthz", "/readyz", "/metrics")

_TYPES_BY_STATUS: Final = {
    400: "malformed",
    401: "unauthenticated",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
}
_TYPES_BY_COLUMN: Final = {
    "address_form": "address-taken",
    "name_form": "name-taken",
    "external_key": "key-taken",
}


def json_bytes(value: object) -> bytes:
    """Return the value as JSON: UTF-8, no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON response."""
    return Response(json_bytes(value), status, {**(headers or {})}, "application/json")


def problem_answer(problem: Problem, trace: str | None = None) -> Response:
    """Return the problem as `application/problem+json`, with a trace that the log also contains."""
    trace = trace or log_problem(problem)
    body = {
        "type": problem.type,
        "title": problem.type.replace("-", " "),
        "status": problem.status,
        "detail": problem.detail,
        "trace": trace,
        **problem.members,
    }
    headers = dict(problem.members.get("headers", {}))
    body.pop("headers", None)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status in {429, 503}:
        headers.setdefault("Retry-After", "1")
    return Response(json_bytes(body), problem.status, headers, "application/problem+json")


def log_problem(problem: Problem) -> str:
    """Log the problem and return its trace."""
    trace = TRACE.get(None) or new_trace()
    LOG.info(
        "problem", extra={"type": problem.type, "status": problem.status, "trace": trace}
    )
    return trace


def new_trace() -> str:
    """Return an identifier for one request in the log."""
    return secrets.token_hex(8)


def _unavailable(error: SQLAlchemyError) -> Problem:
    busy = isinstance(error, PoolTimeout)
    detail = (
        "every connection to the database is in use"
        if busy
        else "the database does not answer"
    )
    return Problem("unavailable", detail)


def _problem_of_validation(error: RequestValidationError) -> Problem:
    # the first errors are enough to correct a request, and a hostile one can have thousands
    errors = [
        {
            "at": "/".join(map(str, item["loc"])),
            "message": item["msg"].removeprefix(_PREFIX),
        }
        for item in error.errors()[:20]
    ]
    detail = f"{errors[0]['at']}: {errors[0]['message']}"
    return Problem("unprocessable", detail, errors=errors)


def _problem_of_http(request: Request, error: HTTPException) -> Problem:
    type = _TYPES_BY_STATUS.get(error.status_code, "malformed")
    if type == "method-not-allowed":
        # the framework names the methods of one route only, although others have the same path
        headers = {"Allow": request.app.state.methods.allow_header(request.url.path)}
        return Problem(type, f"{request.method} is not allowed here", headers=headers)
    detail = (
        "no resource at this path" if type == "not-found" else "the request is not valid"
    )
    return Problem(type, detail, headers=dict(error.headers or {}))


def _problem_of_integrity(error: IntegrityError) -> Problem:
    # databases name the index or its column in their message, and nowhere else
    text = str(error.orig)
    type = next(
        (type for column, type in _TYPES_BY_COLUMN.items() if column in text), "stale"
    )
    return Problem(type, "another write to the same object happened at the same time")


def install_error_handlers(
    app: FastAPI, page: Callable[[Request, Problem, str], Response]
) -> None:
    """Turn every error into a problem: JSON for programs, a `page` for people."""

    def respond(request: Request, problem: Problem) -> Response:
        if request.url.path.startswith(PROGRAM_PATHS):
            return problem_answer(problem)
        return page(request, problem, log_problem(problem))

    @app.exception_handler(Problem)
    def on_problem(request: Request, error: Problem) -> Response:
        return respond(request, error)

    @app.exception_handler(RequestValidationError)
    def on_validation(request: Request, error: RequestValidationError) -> Response:
        return respond(request, _problem_of_validation(error))

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException) -> Response:
        return respond(request, _problem_of_http(request, error))

    @app.exception_handler(IntegrityError)
    def on_integrity(request: Request, error: IntegrityError) -> Response:
        return respond(request, _problem_of_integrity(error))

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(OperationalError)
    def on_unavailable(request: Request, error: SQLAlchemyError) -> Response:
        LOG.error("database", extra={**failure(error), "trace": TRACE.get(None)})
        return respond(request, _unavailable(error))

    @app.exception_handler(Exception)
    def on_bug(request: Request, error: Exception) -> Response:
        LOG.error("bug", exc_info=error, extra={"trace": TRACE.get(None)})
        # uvicorn closes the connection after an exception, so the header announces it
        detail = "internal error of the portal; its log has the details under this trace"
        return respond(
            request, Problem("internal", detail, headers={"Connection": "close"})
        )
