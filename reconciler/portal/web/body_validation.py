"""What is refused before a route sees it: strangers, bodies that are too large, not JSON, or not one meaning.

A pure ASGI layer. It finds the gate of the route and asks it first: who may not do this is told so before a byte of
the body is read. Then it reads a JSON body once, bounded, parses it strictly in a worker thread, and hands bytes and
value on. Forms and files are read by their routes, which count what they keep (`bodies.Held`).
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
from reconciler.portal.store.database import AWAY
from reconciler.portal.web.body_budget import BATCH_LIMIT, Bodies, Held, hold
from reconciler.portal.web.responses import FOR_PROGRAMS
from reconciler.portal.web.security import gate_of

DEEPEST: Final = 32
MARKS: Final = 10_000
"""Brackets, braces, commas and colons of a body: a bound of its values that is known before any of them is made."""
MARKS_OF_BATCH: Final = 500_000
"""The same of a batch: 5,000 operations and 20,000 expected rows have 350,000."""
MOST_MISTAKES: Final = 1000
"""Mistakes that a body may have to be told of each: the library makes all or none, and holds up all else."""
STREAMED: Final = frozenset({"files.upload"})
"""Operations of the API whose route reads its own body: bytes of any kind, which go to the disk as they come."""

Model = TypeVar("Model", bound=BaseModel)

_LARGE: Final = 256 * 1024
_PARSED: Final = "portal.parsed"
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class StrictBodies:
    """The layer itself; `prefix` is the part of the portal that speaks JSON only."""

    def __init__(self, app: ASGIApp, prefix: str = "/api/") -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            await (await _no_such_address(scope))(scope, receive, send)
            return
        route = scope["app"].state.methods.route(scope["path"], scope["method"])
        gate = gate_of(route) if route and scope["method"] in _WITH_BODY else None
        if gate is None:
            await self.app(scope, receive, send)  # nothing there reads a body
            return
        scope["route"] = route  # for the log, also of who is not let in
        try:
            principal = (await gate.admission(Request(scope))).principal
        except (Problem, *AWAY) as error:
            await (await _answer_to(scope, error))(scope, receive, send)
            return
        bodies: Bodies = scope["app"].state.bodies
        with Held(bodies, principal, gate.operation) as held:
            hold(scope, held)
            if scope["path"].startswith(self.prefix) and gate.operation not in STREAMED:
                await self._with_json(scope, receive, send, held)
            else:
                await self.app(scope, receive, send)

    async def _with_json(self, scope: Scope, receive: Receive, send: Send, held: Held) -> None:
        try:
            body = await _read(scope, receive, held)
            if body:
                _must_be_json(scope)
                limiter = scope["app"].state.bodies.parser if len(body) > _LARGE else None
                scope[_PARSED] = await run_sync(_parsed, body, limiter=limiter)
        except Problem as problem:
            await (await _answer_to(scope, problem))(scope, receive, send)
            return
        waiting = [body]

        async def again() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            return await receive()

        await self.app(scope, again, send)


class JsonRoute(APIRoute):
    """A route whose body was parsed already: the framework would do it once more, and on the event loop."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, which is given a request that knows its value."""
        handler = super().get_route_handler()

        async def serve(request: Request) -> Response:
            return await handler(_ParsedRequest(request.scope, request.receive))

        return serve


class _ParsedRequest(Request):
    async def json(self) -> Any:
        return self.scope[_PARSED]


class DescribedAs:
    """Marks a body that is described as a model, and `checked` by its route in a worker thread because it may be large."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self._model.__pydantic_core_schema__)


def checked(model: type[Model], value: object) -> Model:
    """The value as the model; a problem when it is none: the framework's own, unless mistakes are many."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        if error.error_count() > MOST_MISTAKES:
            told = f"the body has {error.error_count():,} mistakes"
            raise Problem("unprocessable", told) from None
        errors = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in errors]) from None


async def _answer_to(scope: Scope, error: Exception) -> Response:
    """The application's own answer to the error, made in a worker thread: a page asks the database."""
    handlers = scope["app"].exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    answer: Response = await run_in_threadpool(handler, Request(scope), error)
    return answer


async def _no_such_address(scope: Scope) -> Response:
    """The problem that an address holds a NUL; for people it is shown as if it stood at the beginning."""
    beginning = {} if scope["path"].startswith(FOR_PROGRAMS) else {"path": "/", "raw_path": b"/"}
    return await _answer_to(
        {**scope, **beginning, "query_string": b""}, Problem("malformed", "an address holds no NUL")
    )


async def _read(scope: Scope, receive: Receive, held: Held) -> bytes:
    declared = _header(scope, b"content-length")
    if declared.isdigit():
        held.expect(int(declared))
    most_marks = MARKS_OF_BATCH if held.limit == BATCH_LIMIT else MARKS
    parts, marks = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("malformed", "the body broke off before its end")
        part = message.get("body", b"")
        held.add(len(part))
        marks += sum(map(part.count, (b"[", b"{", b",", b":")))
        if marks > most_marks:
            raise Problem("malformed", f"the body has more than {most_marks:,} brackets, braces, commas and colons")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _must_be_json(scope: Scope) -> None:
    if _header(scope, b"content-encoding") not in {"", "identity"}:
        raise Problem("unsupported-media-type", "bodies are sent as they are, without content-encoding")
    kind = _header(scope, b"content-type").split(";")[0].strip().lower()
    if kind not in {"application/json", "application/merge-patch+json"}:
        raise Problem("unsupported-media-type", f"bodies are application/json, not '{kind}'")


def _parsed(body: bytes) -> object:
    try:
        value: object = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise Problem("malformed", "the body is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise Problem("malformed", f"the body is not JSON: {error}") from None
    _shallow(value)
    return value


def _shallow(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]  # fmt: skip
    if level:
        raise Problem("malformed", f"the body is more than {DEEPEST} levels deep")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice in one object")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"{text} is too large")
    return number


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
