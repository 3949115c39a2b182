"""Unknown query parameters are rejected: an ignored filter would return too many rows."""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from reconciler.portal.rules.problems import Problem


def reject_unknown_parameters(request: Request) -> None:
    """Raise a `malformed` problem if the query has a parameter that the route does not know."""
    names = set(request.query_params)
    if names and (unknown := sorted(names - _parameters_of(request.scope["route"]))):
        raise Problem("malformed", f"unknown parameter '{unknown[0]}'")


def _parameters_of(route: APIRoute) -> frozenset[str]:
    dependants: list[Dependant] = [route.dependant]
    names: set[str] = set()
    while dependants:
        dependant = dependants.pop()
        dependants.extend(dependant.dependencies)
        names |= {parameter.alias for parameter in dependant.query_params}
    return frozenset(names)
