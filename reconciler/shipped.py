"""The files that come with the program: the demo's book, the JSON Schemas, the catalogs."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from reconciler.model.choices import ENGLISH


def _package() -> Path:
    return Path(str(files("reconciler")))


def demo_book() -> Path:
    """The folder with the demo's `portal.yaml` and `customers/`; read-only."""
    return _package() / "demo_book"


def catalogs_folder() -> Path:
    """The folder of the gettext catalogs of reports: `TAG.po`, and `TAG.mo` compiled from it."""
    return _package() / "reports" / "locales"


@cache
def report_languages() -> tuple[str, ...]:
    """The languages that a report can have: English, then every catalog by its tag."""
    return (ENGLISH, *sorted(path.stem for path in catalogs_folder().glob("*.po")))


def schemas_folder() -> Path:
    """The folder of the JSON Schemas; read-only.

    In a checkout it is `schemas/` at the top level. The build of a wheel copies that to
    `reconciler/_shipped/schemas`.
    """
    packed = _package() / "_shipped" / "schemas"
    return packed if packed.is_dir() else _package().parent / "schemas"
