"""The OpenAPI document: the framework's part, plus what only the portal knows.

`web.idempotency` reads the headers of writes, because their problems have types of their own; here
they are described for every route that writes, and only for those.
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
# Writes to objects without a version, or with versions in the body.
UNVERSIONED_OPERATIONS: Final = frozenset({"batches.write", "outbox.retry"})

_KEY_HEADER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new key for each write. A request that is repeated with its key is carried "
    "out once, and gets the first answer again.",
    "schema": {"type": "string", "pattern": "^[!-~]{8,200}$"},
}
_CREATION_HEADER: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": True,
    "description": "`*`: the request creates an object.",
    "schema": {"type": "string", "enum": ["*"]},
}
_VERSION_HEADER: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The `ETag` of the version that the write is based on.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'},
}


def complete_document(
    document: dict[str, Any], routes: Iterator[APIRoute]
) -> dict[str, Any]:
    """Return the framework's document, completed in place: headers, problems, public operations."""
    for route in routes:
        for method in sorted(route.methods or ()):
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is not None:
                _describe(operation, route, method)
    _describe_problems(document)
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    return document


def _describe(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    operation_name = operation_of(route)
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            _forbid_nul(parameter["schema"])
    if operation_name in PUBLIC:
        # OpenAPI: an empty list says that no token is needed, a missing one says nothing
        operation["security"] = []
    if method == "GET" or not (_is_write(route) or operation_name in STREAMED_OPERATIONS):
        return
    headers = [_KEY_HEADER]
    if operation_name not in UNVERSIONED_OPERATIONS:
        # a POST with another status acts on a row that exists
        headers.append(
            _CREATION_HEADER
            if method == "POST" and route.status_code == 201
            else _VERSION_HEADER
        )
    operation["parameters"] = [*operation.get("parameters", []), *headers]


def _forbid_nul(schema: dict[str, Any]) -> None:
    """Describe that query texts must not contain NUL, which `body_validation` rejects."""
    for option in schema.get("anyOf", [schema]):
        if option.get("type") == "string" and not {
            "pattern",
            "enum",
            "format",
            "const",
        } & set(option):
            option["pattern"] = r"^[^\u0000]*$"


def operation_of(route: APIRoute) -> str | None:
    """Return the policy operation that a route names; None if it names none."""
    gate = gate_of(route)
    return gate.operation if gate else None


def _is_write(route: APIRoute) -> bool:
    return any(dependant.call is body_of for dependant in route.dependant.dependencies)


def _describe_problems(document: dict[str, Any]) -> None:
    """Describe problems with one media type; the database may be unavailable for any route."""
    for path in document["paths"].values():
        for operation in path.values():
            problem = operation["responses"].get("4XX")
            if problem is not None:
                schema = problem["content"].get("application/json", {}).get("schema", {})
                problem["content"] = {PROBLEM: {"schema": schema}}
                operation["responses"]["503"] = {
                    **problem,
                    "description": "Temporarily unavailable; `Retry-After` says when to try again",
                }
