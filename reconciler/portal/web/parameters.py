"""Parameters that nobody knows are a mistake that is told: a filter that is ignored answers with too much."""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from reconciler.portal.rules.problems import Problem


def only_known(request: Request) -> None:
    """A `malformed` problem when the query has a parameter that the route does not."""
    sent = set(request.query_params)
    if sent and (unknown := sorted(sent - _known(request.scope["route"]))):
        raise Problem("malformed", f"there is no parameter '{unknown[0]}' here")


def _known(route: APIRoute) -> frozenset[str]:
    waiting: list[Dependant] = [route.dependant]
    names: set[str] = set()
    while waiting:
        one = waiting.pop()
        waiting.extend(one.dependencies)
        names |= {parameter.alias for parameter in one.query_params}
    return frozenset(names)
