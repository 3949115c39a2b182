"""The committed schemas, generated from `types` for editors and check-jsonschema."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from reconciler.documents.types import DOCUMENTS
from reconciler.model.keys import KEY_MAX_LENGTH

# A reserved domain (RFC 2606): an identifier that nothing can be fetched from.
BASE: Final = "https://schemas.reconciler.example/1"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def generate_schemas() -> dict[str, str]:
    """Return the text of each schema by its file name, ending in a line break; the same on any
    machine.
    """
    return {f"{kind}.schema.json": schema_text(kind) for kind in DOCUMENTS}


def schema_text(kind: str) -> str:
    """Return the schema of a document kind: `portal`, `customer`, `contact` or `removed`."""
    generated = DOCUMENTS[kind].model_json_schema(schema_generator=GenerateJsonSchema)
    schema = {
        "$schema": _DIALECT,
        "$id": f"{BASE}/{kind}.schema.json",
        "title": f"{kind}.yaml" if kind in {"portal", "customer"} else f"a {kind} file",
        **_tidy(generated),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _tidy(node: Any) -> Any:
    """Return the schema without the titles and null defaults that pydantic adds; our default is
    absence.
    """
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {
        key: _tidy(value)
        for key, value in node.items()
        if not (key == "default" and value is None)
    }
    # Only the title of a schema: a property named `title` has a schema and no text as its
    # value.
    if isinstance(tidy.get("title"), str) and (
        "type" in tidy or "anyOf" in tidy or "enum" in tidy or "const" in tidy
    ):
        tidy.pop("title")
    if (
        "patternProperties" in tidy
    ):  # pydantic checks every key; a pattern alone would let others through
        tidy |= {
            "additionalProperties": False,
            "propertyNames": {"maxLength": KEY_MAX_LENGTH},
        }
    return tidy
