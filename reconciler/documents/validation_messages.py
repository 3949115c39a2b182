"""Sentences and hints about values that a document's type does not accept.

pydantic reports the kind of an error and its bounds; a sentence says it in the words of our files.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from reconciler.model.catalogue import CATALOGUE

# The description of a valid value, by its key; the keys below are not fields of the catalogue.
_NOUNS: Final[Mapping[str, str]] = {
    **{field.path[-1]: field.noun for field in CATALOGUE if field.noun},
    "registration": "a registration's id",
    "owner": "a key",
    "previously": "a key",
    "schema_version": "a schema version that this program knows",
    "id": "a registration's id",
    "fingerprint": "a fingerprint",
    "portal": "a portal's id",
    "time_zone": "a time zone",
    "rules": "a path",
    "acknowledge": "a rule's id",
}
SHOWN_LENGTH: Final = 60
_CHOICES: Final = frozenset({"literal_error", "enum"})
# An unquoted number in one of these was probably meant as a text.
_TEXT_FIELDS: Final = frozenset({"name", "description", "template", "portal"})
BOUNDS: Final = frozenset(
    {"string_too_long", "too_long", "too_short", "greater_than_equal", "less_than_equal"}
)
ADDRESS_FIELDS: Final = frozenset({"email", "project_managers"})
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
# The keys that a document needs, with a line that is right.
_EXAMPLES: Final[Mapping[str, str]] = {
    "name": "name: Jane Doe",
    "email": "email: jane.doe@acme.example",
    "role": "role: requester",
    "owner": "owner: acme-translations",
    "schema_version": "schema_version: 1",
}
HINTS: Final[Mapping[str, str]] = {
    **{field.path[-1]: field.hint for field in CATALOGUE if field.hint},
    "registration": "write the line that plan shows, or write none",
    "time_zone": "write one as Europe/Berlin",
    "leaves": "write {on: 2027-03-31, reason: left}",
    "owner": "use lower-case letters, digits and single hyphens",
    "previously": "use lower-case letters, digits and single hyphens",
    "rules": "write a list of paths: [policy/contact.schema.json]",
    "acknowledge": "write a list of ids: [foreign-domain]",
}


def error_sentence(field: str, value: Any, errors: list[ErrorDetails]) -> str:
    """Return what is wrong with a value: it is out of bounds, or not what the field holds."""
    text = quoted(value)
    if bounded := [detail for detail in errors if detail["type"] in BOUNDS]:
        return _out_of_bounds(bounded[0]["type"], value, bounded[0]["ctx"])
    match errors[0]["type"]:
        case "bool_type":
            return f"{text} is neither true nor false"
        case "int_type":
            return f"{text} is not a whole number"
        case "list_type" if field not in _NOUNS:
            return f"{text} is not a list"
        # The other languages, of mails and pages, are any tag; only this one is a choice.
        case "literal_error" if field == "language":
            return f"{text} is not a language of comments"
        case _ if value is None and field in _NOUNS:
            return f"null is not {_NOUNS[field]}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{text} is not a mapping of keys and values"
    return f"{text} is not {_NOUNS.get(field, 'a text')}"


def _out_of_bounds(kind: str, value: Any, bounds: Mapping[str, Any]) -> str:
    match kind:
        case "string_too_long":
            return f"{len(value)} characters; the limit is {bounds['max_length']}"
        case "too_long":
            return f"{len(value)} items; the limit is {bounds['max_length']}"
        case "greater_than_equal":
            return f"{quoted(value)} is too small; the minimum is {bounds['ge']}"
        case "less_than_equal":
            return f"{quoted(value)} is too large; the limit is {bounds['le']}"
    return "the list is empty; name at least one"


def error_hint(field: str, value: Any, errors: list[ErrorDetails]) -> str | None:
    """Return what to write instead; None where the sentence already names the limit."""
    kinds = {detail["type"] for detail in errors}
    if kinds & BOUNDS:
        return None
    if "bool_type" in kinds:
        return "write true or false"
    if isinstance(value, int) and "string_type" in kinds and field in _TEXT_FIELDS:
        return "put it into double quotes if it is text"
    choices = [
        word
        for detail in errors
        if detail["type"] in _CHOICES
        for word in _literals(detail)
    ]
    if not choices and value is None and field in _EXAMPLES:
        return f"write the value, as in {example_of(field)}"
    if not choices:
        return HINTS.get(field)
    near = (
        difflib.get_close_matches(value[:SHOWN_LENGTH].lower(), choices, 1, 0.5)
        if isinstance(value, str)
        else []
    )
    if len(choices) == 1 and "dict_type" not in kinds:
        return HINTS.get(field, f"write {choices[0]}")
    choice_list = f"{_plural(field)} are {', '.join(choices)}"
    return f"did you mean '{near[0]}'? {choice_list}" if near else choice_list


def example_of(key: str) -> str:
    """Return a line that gives the key a valid value."""
    return _EXAMPLES.get(key, f"{key}: …")


def address_in(text: str) -> str | None:
    """Return the one address in a text that is more than an address; None if there is none."""
    addresses = _ADDRESS.findall(text)
    return addresses[0] if len(addresses) == 1 and addresses[0] != text else None


def _literals(detail: ErrorDetails) -> list[str]:
    # pydantic gives the alternatives as one text: 'a', 'b' or 'c'.
    return [
        word.strip().strip("'")
        for word in str(detail["ctx"]["expected"]).replace(" or ", ", ").split(",")
    ]


def _plural(field: str) -> str:
    plurals = {
        "portal_edits": "choices",
        "unreviewed": "choices",
        "sign_up": "modes",
        "workflows": "workflows",
    }
    return plurals.get(field, f"{field}s")


def quoted(value: Any) -> str:
    """Return a value as a message quotes it: short, and in the words of YAML."""
    match value:
        # A pattern compares these three by identity, so 1 and 0 do not match.
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f"'{value if len(value) <= SHOWN_LENGTH else value[: SHOWN_LENGTH - 1] + '…'}'"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return str(value) if abs(value) < 10**18 else "a very long number"
