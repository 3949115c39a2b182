"""Which methods a path has, over all routes that share it, and which route answers each of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import compile_path


class Methods:
    """The patterns of all paths, and the route of each of their methods."""

    def __init__(self, routes: Iterable[tuple[str, APIRoute]]) -> None:
        found: dict[str, dict[str, APIRoute]] = defaultdict(dict)
        for path, route in routes:
            found[path] |= dict.fromkeys(route.methods or (), route)
        self._patterns: list[tuple[re.Pattern[str], dict[str, APIRoute]]] = [
            (compile_path(path)[0], methods) for path, methods in found.items()
        ]

    def of(self, path: str) -> str:
        """The methods of a path as a header lists them."""
        return ", ".join(sorted({one for pattern, methods in self._patterns if pattern.match(path) for one in methods}))

    def route(self, path: str, method: str) -> APIRoute | None:
        """The route that answers this method at this path; None when there is none."""
        found = (methods[method] for pattern, methods in self._patterns if method in methods and pattern.match(path))
        return next(found, None)
