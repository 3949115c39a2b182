"""Checks before a route runs: permission, and size and validity of the body.

A pure ASGI layer. It asks the gate of the route first, so a caller without permission is refused
before a byte of the body is read. There is one exception: if the session of a page's form has
ended, the form is read (`keep_ended_form`), and the log-in leads back to it. Then the layer reads a
JSON body once, up to a limit, parses it strictly in a worker thread, and passes bytes and value on.
Routes of forms and files read their own bodies and count what they keep
(`body_budget.BodyAccount`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from anyio.to_thread import run_sync
from fastapi import Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.database import UNAVAILABLE
from reconciler.portal.web.body_budget import (
    BATCH_LIMIT,
    BodyAccount,
    BodyBudget,
    set_body_account,
)
from reconciler.portal.web.responses import PROGRAM_PATHS
from reconciler.portal.web.security import gate_of

MAX_DEPTH: Final = 32
# Brackets, braces, commas and colons in a body, which bound its number of values.
MAX_SYMBOLS: Final = 10_000
# The same for a batch: 20,000 removals, or 5,000 additions and 20,000 expected rows, have 350,000.
MAX_SYMBOLS_OF_BATCH: Final = 500_000
# The most errors listed individually; pydantic builds all or none, which takes long for many.
MAX_ERRORS: Final = 1000
# Operations whose route reads its own body of arbitrary bytes and writes it to disk.
STREAMED_OPERATIONS: Final = frozenset({"files.upload"})

Model = TypeVar("Model", bound=BaseModel)

_LARGE_BODY: Final = 256 * 1024
_PARSED: Final = "portal.parsed"
_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class BodyValidation:
    """The ASGI layer; `prefix` is the part of the portal whose bodies are JSON."""

    def __init__(self, app: ASGIApp, prefix: str = "/api/") -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            await (await _nul_response(scope))(scope, receive, send)
            return
        route = scope["app"].state.methods.route_for(scope["path"], scope["method"])
        gate = gate_of(route) if route and scope["method"] in _METHODS_WITH_BODY else None
        if gate is None:
            await self.app(scope, receive, send)  # no gate: the route reads no body
            return
        scope["route"] = route  # for the log, also if the caller is refused
        try:
            principal = (await gate.admission(Request(scope))).principal
        except (Problem, *UNAVAILABLE) as error:
            if isinstance(error, Problem) and error.status == 401 and self._is_page(scope):
                await scope["app"].state.keep_ended_form(Request(scope, receive))
            await (await _error_response(scope, error))(scope, receive, send)
            return
        budget: BodyBudget = scope["app"].state.body_budget
        with BodyAccount(budget, principal, gate.operation) as account:
            set_body_account(scope, account)
            if not self._is_page(scope) and gate.operation not in STREAMED_OPERATIONS:
                await self._serve_json(scope, receive, send, account)
            else:
                await self.app(scope, receive, send)

    def _is_page(self, scope: Scope) -> bool:
        return not scope["path"].startswith(self.prefix)

    async def _serve_json(
        self, scope: Scope, receive: Receive, send: Send, account: BodyAccount
    ) -> None:
        try:
            body = await _read(scope, receive, account)
            if body:
                _check_is_json(scope)
                limiter = (
                    scope["app"].state.body_budget.parser
                    if len(body) > _LARGE_BODY
                    else None
                )
                scope[_PARSED] = await run_sync(_parse, body, limiter=limiter)
        except Problem as problem:
            await (await _error_response(scope, problem))(scope, receive, send)
            return
        unread = [body]

        async def receive_again() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            return await receive()

        await self.app(scope, receive_again, send)


class JsonRoute(APIRoute):
    """A route that uses the parsed value; the framework would parse it again, on the event loop."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler for a request that knows its parsed value."""
        handler = super().get_route_handler()

        async def serve(request: Request) -> Response:
            return await handler(_ParsedRequest(request.scope, request.receive))

        return serve


class _ParsedRequest(Request):
    async def json(self) -> Any:
        return self.scope[_PARSED]


class DescribedAs:
    """Annotation of a body described as a model, and `validated` later in a worker thread."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self._model.__pydantic_core_schema__)


def validated(model: type[Model], value: object) -> Model:
    """Return the value as the model; else the framework's error, or one for too many errors."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        if error.error_count() > MAX_ERRORS:
            detail = f"the body has {error.error_count():,} errors"
            raise Problem("unprocessable", detail) from None
        errors = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in errors]
        ) from None


async def _error_response(scope: Scope, error: Exception) -> Response:
    """Return the application's response to the error, from a worker thread."""
    handlers = scope["app"].exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    answer: Response = await run_in_threadpool(handler, Request(scope), error)
    return answer


async def _nul_response(scope: Scope) -> Response:
    """Return the problem for a NUL in an address; as a page, it is rendered as for the path `/`."""
    beginning = (
        {} if scope["path"].startswith(PROGRAM_PATHS) else {"path": "/", "raw_path": b"/"}
    )
    return await _error_response(
        {**scope, **beginning, "query_string": b""},
        Problem("malformed", "an address must not contain NUL"),
    )


async def _read(scope: Scope, receive: Receive, account: BodyAccount) -> bytes:
    declared = _header(scope, b"content-length")
    if declared.isdigit():
        account.expect(int(declared))
    max_symbols = MAX_SYMBOLS_OF_BATCH if account.limit == BATCH_LIMIT else MAX_SYMBOLS
    parts, symbols = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("malformed", "the body ended early")
        part = message.get("body", b"")
        account.add(len(part))
        symbols += sum(map(part.count, (b"[", b"{", b",", b":")))
        if symbols > max_symbols:
            raise Problem(
                "malformed",
                f"the body has more than {max_symbols:,} brackets, braces, commas and colons",
            )
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _check_is_json(scope: Scope) -> None:
    if _header(scope, b"content-encoding") not in {"", "identity"}:
        raise Problem("unsupported-media-type", "a body must not have a content-encoding")
    kind = _header(scope, b"content-type").split(";")[0].strip().lower()
    if kind not in {"application/json", "application/merge-patch+json"}:
        raise Problem(
            "unsupported-media-type", f"a body must be application/json, not '{kind}'"
        )


def _parse(body: bytes) -> object:
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique_members,
            parse_constant=_reject_constant,
            parse_float=_finite_float,
        )
    except UnicodeDecodeError:
        raise Problem("malformed", "the body is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise Problem("malformed", f"the body is not JSON: {error}") from None
    _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise Problem("malformed", f"the body is nested more than {MAX_DEPTH} levels deep")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has a duplicate member")
    return members


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _finite_float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"{text} is too large")
    return number


def _header(scope: Scope, name: bytes) -> str:
    return next(
        (value.decode("latin-1") for key, value in scope["headers"] if key == name), ""
    )
