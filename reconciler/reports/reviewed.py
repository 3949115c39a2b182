"""A plan that somebody reviewed, read back from its JSON.

The file may be anything: an old plan, half a plan, a plan that was edited, no plan at all. Only ids,
outcomes and permissions are read from it; no sentence of the file is ever shown or carried out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from reconciler.model.errors import Refused
from reconciler.model.plan import Permissions, Review

SCHEMA_VERSION: Final = 1
LARGEST: Final = 256 * 1024 * 1024
"""Characters; a book of 50,000 people that are all new is a fifth of it."""
DEEPEST: Final = 32
LARGEST_NUMBER: Final = 1_000_000_000

_ID: Final = re.compile(r"[0-9a-f]{16}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NESTING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[^"\[\]{}]++', re.DOTALL)


def read_reviewed(text: str) -> Review:
    """Return what a plan in a file allows; `Refused` for a file that is not a plan of this version."""
    document = _object(_parsed(text), "a plan")
    version = document.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise _no_plan(f"its schema version is {_shown(version)}, and this program reads {SCHEMA_VERSION}")
    try:
        digest = _matching(document, "digest", _DIGEST)
        if digest_of({name: value for name, value in document.items() if name != "digest"}) != digest:
            raise _no_plan("its digest does not fit its content: it was edited or damaged")
        return Review(
            _text(document, "portal"),
            _text(document, "epoch"),
            frozenset([*_ids(document, "changes"), *_ids(document, "coming")]),
            frozenset(_losses(document)),
            _permissions(_object(document["permissions"], "'permissions'")),
        )
    except KeyError as missing:
        raise _no_plan(f"{missing} is missing") from None


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 in hex over every member of a plan's document."""
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _ids(document: dict[str, Any], name: str) -> list[str]:
    entries = [_object(entry, f"an entry of '{name}'") for entry in _list(document, name)]
    return [_matching(entry, "id", _ID) for entry in entries if entry["id"] != ""]


def _losses(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in _list(document, "groups"):
        outcomes = _list(_object(entry, "a group"), "outcomes")
        for outcome in (_object(outcome, "an outcome") for outcome in outcomes):
            for right in _list(outcome, "loses"):
                if not isinstance(right, str):
                    raise _no_plan(f"a right is a text, not {_shown(right)}")
                yield _text(outcome, "person"), right


def _parsed(text: str) -> Any:
    if len(text) > LARGEST:
        raise _no_plan(f"it has {len(text):,} characters; the limit is {LARGEST:,}")
    if _depth(text) > DEEPEST:
        raise _no_plan(f"it is nested deeper than {DEEPEST} levels")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _no_plan(f"it is not whole JSON (line {error.lineno}, column {error.colno})") from None
    except ValueError:
        # A number of more digits than Python turns into one.
        raise _no_plan("it holds a number that no plan has") from None


def _depth(text: str) -> int:
    """How deep the brackets outside of strings are nested, without reading what is between them."""
    deepest = depth = 0
    for bracket in _NESTING.sub("", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _no_plan("a member stands twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise _no_plan(f"'{name}' is no number")


def _permissions(found: dict[str, Any]) -> Permissions:
    rollback = found["allow_rollback"]
    if not isinstance(rollback, bool):
        raise _no_plan("'allow_rollback' is neither true nor false")
    removals = None if found["allow_removals"] is None else _number(found, "allow_removals")
    mails = None if found["allow_mails"] is None else _number(found, "allow_mails")
    return Permissions(removals, mails, rollback)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _no_plan(f"{what} is an object, not {_shown(value)}")
    return value


def _list(found: dict[str, Any], name: str) -> list[Any]:
    value = found[name]
    if not isinstance(value, list):
        raise _no_plan(f"'{name}' is a list, not {_shown(value)}")
    return value


def _text(found: dict[str, Any], name: str) -> str:
    value = found[name]
    if not isinstance(value, str):
        raise _no_plan(f"'{name}' is a text, not {_shown(value)}")
    return value


def _matching(found: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = _text(found, name)
    if not pattern.fullmatch(value):
        raise _no_plan(f"{_shown(value)} is no {'id of a change' if name == 'id' else name}")
    return value


def _number(found: dict[str, Any], name: str) -> int:
    value = found[name]
    if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
        raise _no_plan(f"'{name}' is a number from 0, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return f"'{value[:40]}'"
        case _:
            return json.dumps(value)[:40]


def _no_plan(why: str) -> Refused:
    return Refused(
        f"the reviewed plan is not understood: {why}; nothing was changed", "make it anew with reconciler plan --out"
    )
