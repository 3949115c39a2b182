"""The files that come with the program: the book of the demo, and the JSON Schemas."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def _package() -> Path:
    return Path(str(files("reconciler")))


def demo_book() -> Path:
    """The folder with the demo's `portal.yaml` and `customers/`; read-only."""
    return _package() / "demo_book"


def schemas_folder() -> Path:
    """The folder of the JSON Schemas; read-only.

    In a checkout it is `schemas/` at the top level. The build of a wheel copies that to
    `reconciler/_shipped/schemas`.
    """
    packed = _package() / "_shipped" / "schemas"
    return packed if packed.is_dir() else _package().parent / "schemas"
