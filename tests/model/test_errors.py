"""The tree of failures, as its module draws it."""

from __future__ import annotations

import inspect
import re

from reconciler.model import errors


def drawn() -> dict[str, str]:
    """Child → parent, read from the drawing."""
    path: list[str] = []
    tree: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^    ((?:[│ ]   )*)(?:[├└]── )?([A-Z]\w+) {2,}", line):
            depth = (found.start(2) - 4) // 4
            path = [*path[:depth], found[2]]
            if depth:
                tree[found[2]] = path[depth - 1]
    return tree


def test_the_drawing_is_the_tree() -> None:
    real = {
        name: kind.__mro__[1].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.ReconcilerError) and kind is not errors.ReconcilerError
    }
    assert drawn() == real
