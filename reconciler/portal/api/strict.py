"""What is refused before a route sees it: bodies that are too large, not JSON, or not one meaning.

A pure ASGI layer: it reads the body once, bounded, parses it strictly and hands the same bytes on.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.portal.api.answers import problem_answer
from reconciler.portal.rules.problems import Problem

BODY_LIMIT: Final = 1024 * 1024
BATCH_LIMIT: Final = 16 * 1024 * 1024
DEEPEST: Final = 32
UPLOADS: Final = "/v1/uploads"

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class StrictBodies:
    """The layer itself; `prefix` is the part of the portal that speaks JSON only."""

    def __init__(self, app: ASGIApp, prefix: str = "/api/") -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (b"%00" in scope["query_string"] or "\0" in scope["path"]):
            await problem_answer(Problem("malformed", "an address holds no NUL"))(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY or not self._judges(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            body = await _read(scope, receive)
            _judge(scope, body)
        except Problem as problem:
            await problem_answer(problem)(scope, receive, send)
            return

        waiting = [body]

        async def again() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            return await receive()

        await self.app(scope, again, send)

    def _judges(self, path: str) -> bool:
        """Uploads are bytes of any kind and size: their route reads and limits them as they come."""
        return path.startswith(self.prefix) and not path.endswith(UPLOADS)


async def _read(scope: Scope, receive: Receive) -> bytes:
    limit = BATCH_LIMIT if scope["path"].endswith("/batches") else BODY_LIMIT
    declared = _header(scope, b"content-length")
    if declared.isdigit() and int(declared) > limit:
        raise Problem("too-large", f"the body has {int(declared):,} bytes; the limit is {limit:,}")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("malformed", "the body broke off before its end")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise Problem("too-large", f"the body has more than {limit:,} bytes")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _judge(scope: Scope, body: bytes) -> None:
    if not body:
        return
    if _header(scope, b"content-encoding") not in {"", "identity"}:
        raise Problem("unsupported-media-type", "bodies are sent as they are, without content-encoding")
    kind = _header(scope, b"content-type").split(";")[0].strip().lower()
    if kind not in {"application/json", "application/merge-patch+json"}:
        raise Problem("unsupported-media-type", f"bodies are application/json, not '{kind}'")
    _parse(body)


def _parse(body: bytes) -> None:
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise Problem("malformed", "the body is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise Problem("malformed", f"the body is not JSON: {error}") from None
    _shallow(value)


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
