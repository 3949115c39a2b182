"""`reconciler schema`: the JSON Schemas of the files, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.documents.schemas import generate_schemas


def schemas() -> Mapping[str, str]:
    """Return every schema that is generated from the types: file name → text."""
    return generate_schemas()


def differing(folder: Path) -> list[str]:
    """Return the names of the schemas that are missing in a folder or differ from the types;
    sorted.
    """
    return sorted(name for name, text in schemas().items() if _text(folder / name) != text)


def write(folder: Path) -> list[str]:
    """Write the schemas that differ and return their names."""
    names = differing(folder)
    for name in names:
        (folder / name).write_text(schemas()[name], encoding="utf-8")
    return names


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
