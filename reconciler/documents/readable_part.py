"""The part of an invalid document that is readable, for the other rules about the same file.

One slip must not hide another: a file with an unknown key is still checked for services that do
not exist, an heir who is nobody, a language that is none. The part is never applied.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError

from reconciler.documents.field_types import Document
from reconciler.documents.positions import Path

AnyDocument = TypeVar("AnyDocument", bound=Document)

# Values that every rule accepts, for required keys that are missing or invalid.
_FILLERS: Final[Mapping[str, Any]] = {
    "schema_version": 1,
    "owner": "filler",
    "name": "Filler",
    "email": "filler@filler.example",
    "role": "requester",
}


def readable_part(
    kind: type[Document],
    value: Mapping[str, Any],
    unknown_keys: Iterable[Path],
    invalid_keys: Iterable[str],
) -> Document | None:
    """Return the document without what is invalid; None when nothing is left to check.

    `unknown_keys`: their paths. `invalid_keys`: the keys at the top whose values are invalid. A
    required key that is missing afterwards is not in `model_fields_set`.
    """
    part = copy.deepcopy(dict(value))
    for path in unknown_keys:
        _remove(part, path)
    for key in invalid_keys:
        part.pop(key, None)
    required_keys = {
        name for name, field in kind.model_fields.items() if field.is_required()
    }
    absent_keys = required_keys - part.keys()
    try:
        document = kind.model_validate(
            part | {name: _FILLERS[name] for name in absent_keys}
        )
    except ValidationError:
        return None
    fields = {name: getattr(document, name) for name in kind.model_fields}
    return kind.model_construct(document.model_fields_set - absent_keys, **fields)


def nothing_of(kind: type[AnyDocument]) -> AnyDocument:
    """Return a document of which nothing is readable: no key is in `model_fields_set`."""
    return cast("AnyDocument", kind.model_construct(set()))


def _remove(part: Any, path: Path) -> None:
    *parents, key = path
    for parent in parents:
        part = part[parent]
    part.pop(key, None)
