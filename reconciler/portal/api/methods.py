"""Which methods a path has, over all routes that share it: what `Allow` says when another one is tried."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import compile_path


class Methods:
    """The patterns of all paths, and the methods of each."""

    def __init__(self, routes: Iterable[tuple[str, APIRoute]]) -> None:
        found: dict[str, set[str]] = defaultdict(set)
        for path, route in routes:
            found[path] |= set(route.methods or ())
        self._patterns: list[tuple[re.Pattern[str], set[str]]] = [
            (compile_path(path)[0], methods) for path, methods in found.items()
        ]

    def of(self, path: str) -> str:
        """The methods of a path as a header lists them."""
        return ", ".join(sorted({one for pattern, methods in self._patterns if pattern.match(path) for one in methods}))
