"""The methods of each path, over all routes that share it, and the route for each method."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import compile_path


class Methods:
    """The patterns of all paths, with the route of each method."""

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        by_path: dict[str, dict[str, APIRoute]] = defaultdict(dict)
        for route in routes:
            by_path[route.path] |= dict.fromkeys(route.methods or (), route)
        for methods in by_path.values():
            if "GET" in methods:
                methods["HEAD"] = methods["GET"]  # `HeadRequests`
        self._patterns: list[tuple[re.Pattern[str], dict[str, APIRoute]]] = [
            (compile_path(path)[0], methods) for path, methods in by_path.items()
        ]

    def allow_header(self, path: str) -> str:
        """Return the methods of a path as the header `Allow` lists them."""
        return ", ".join(
            sorted(
                {
                    name
                    for pattern, methods in self._patterns
                    if pattern.match(path)
                    for name in methods
                }
            )
        )

    def route_for(self, path: str, method: str) -> APIRoute | None:
        """Return the route for this method and path; None if there is none."""
        matching = (
            methods[method]
            for pattern, methods in self._patterns
            if method in methods and pattern.match(path)
        )
        return next(matching, None)
