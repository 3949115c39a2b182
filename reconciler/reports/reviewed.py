"""A plan that somebody reviewed, read back from its JSON.

What comes in may be anything: an old plan, half a plan, a plan that was edited, no plan at all. What
goes out says which changes may be carried out; everything else is refused before the portal is asked.
Only ids, digests and permissions are read: no sentence of the file is ever shown or carried out.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from reconciler.model.errors import Refused
from reconciler.model.plan import Permissions

SCHEMA_VERSION: Final = 1
LARGEST: Final = 256 * 1024 * 1024
"""Characters; a book of 50,000 people that are all new is a fifth of it."""
DEEPEST: Final = 32
LARGEST_NUMBER: Final = 1_000_000_000

_ID: Final = re.compile(r"[0-9a-f]{16}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NESTING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[^"\[\]{}]++', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """What a reviewed plan allows: the ids of its changes, for one portal in one epoch."""

    portal: str
    epoch: str
    digest: str
    ids: frozenset[str]
    permissions: Permissions


def read_reviewed(text: str) -> ReviewedPlan:
    """What a plan in a file allows; `Refused` for anything that is not a whole plan of this version."""
    document = _object(_parsed(text), "a plan")
    version = document.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise _no_plan(f"its schema version is {_shown(version)}, and this program reads {SCHEMA_VERSION}")
    try:
        portal, epoch = _text(document, "portal"), _text(document, "epoch")
        ids = [_matching(_object(change, "a change"), "id", _ID) for change in _list(document, "changes")]
        digest = _matching(document, "digest", _DIGEST)
        groups = _groups(document, ids)
        if _digest([portal, epoch, *groups]) != digest:
            raise _no_plan("its digest is not that of its portal, epoch and groups: it was edited or damaged")
        permissions = _permissions(_object(document["permissions"], "'permissions'"))
    except KeyError as missing:
        raise _no_plan(f"{missing} is missing") from None
    return ReviewedPlan(portal, epoch, digest, frozenset(ids), permissions)


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


def _groups(document: dict[str, Any], ids: list[str]) -> list[str]:
    """The digests of the groups, each of which must be that of its customers and its changes' ids."""
    digests, start = [], 0
    for entry in _list(document, "groups"):
        group = _object(entry, "a group")
        size = _number(group, "changes")
        own, start = ids[start : start + size], start + size
        customers = _list(group, "customers")
        if not all(isinstance(customer, str) for customer in customers):
            raise _no_plan("a customer of a group is not its key")
        digest = _matching(group, "digest", _DIGEST)
        if len(own) != size or _digest([*customers, "", *own]) != digest:
            raise _no_plan("a group's digest is not that of its changes: it was edited or damaged")
        digests.append(digest)
    if start != len(ids):
        raise _no_plan("it holds changes of no group")
    return digests


def _digest(parts: list[str]) -> str:
    """As `model.plan` makes it; half a character pair, which no key holds, counts as a question mark."""
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()


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
