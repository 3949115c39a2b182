"""The OpenAPI document: what the framework finds in the routes, and what only we know about them.

The headers of the contract are read by `writing`, whose problems have types of their own; here they are
described, for every route that writes. Nothing is described that no route has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi.routing import APIRoute

from reconciler.portal.rules.policy import PUBLIC
from reconciler.portal.web.body_validation import STREAMED_OPERATIONS
from reconciler.portal.web.idempotency import body_of
from reconciler.portal.web.security import gate_of

PROBLEM: Final = "application/problem+json"
UNVERSIONED: Final = frozenset({"batches.write", "outbox.retry"})
"""Writes to what has no version, or names the versions in its body."""

_KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "One for each write that is meant: sent again with it, the write is done once.",
    "schema": {"type": "string", "pattern": "^[!-~]{8,200}$"},
}  # fmt: skip
_CREATES: Final = {
    "name": "If-None-Match", "in": "header", "required": True, "description": "`*`: this is meant to create.",
    "schema": {"type": "string", "enum": ["*"]},
}  # fmt: skip
_MATCHES: Final = {
    "name": "If-Match", "in": "header", "required": True, "description": "The `ETag` of the row as it was seen.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'},
}  # fmt: skip


def complete(document: dict[str, Any], routes: Iterator[APIRoute]) -> dict[str, Any]:
    """The framework's document with our headers, our problems and who needs no token; changed in place."""
    for route in routes:
        for method in sorted(route.methods or ()):
            described = document["paths"].get(route.path, {}).get(method.lower())
            if described is not None:
                _describe(described, route, method)
    _problems(document)
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    return document


def _describe(described: dict[str, Any], route: APIRoute, method: str) -> None:
    operation = operation_of(route)
    for parameter in described.get("parameters", ()):
        if parameter["in"] == "query":
            _no_nul(parameter["schema"])
    if operation in PUBLIC:
        described["security"] = []
    if method == "GET" or not (_writes(route) or operation in STREAMED_OPERATIONS):
        return
    headers = [_KEY]
    if operation not in UNVERSIONED:
        headers.append(_CREATES if method == "POST" and route.status_code == 201 else _MATCHES)
    described["parameters"] = [*described.get("parameters", []), *headers]


def _no_nul(schema: dict[str, Any]) -> None:
    """An address holds no NUL: `strict` refuses it for every text that a query may have."""
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "string" and not {"pattern", "enum", "format", "const"} & set(each):
            each["pattern"] = r"^[^\u0000]*$"


def operation_of(route: APIRoute) -> str | None:
    """The operation of the policy that a route names; None when it names none."""
    gate = gate_of(route)
    return gate.operation if gate else None


def _writes(route: APIRoute) -> bool:
    return any(one.call is body_of for one in route.dependant.dependencies)


def _problems(document: dict[str, Any]) -> None:
    """Problems have one type of content; that the database is away may happen anywhere."""
    for path in document["paths"].values():
        for described in path.values():
            found = described["responses"].get("4XX")
            if found is not None:
                schema = found["content"].get("application/json", {}).get("schema", {})
                found["content"] = {PROBLEM: {"schema": schema}}
                described["responses"]["503"] = {**found, "description": "Not now; `Retry-After` says when again"}
