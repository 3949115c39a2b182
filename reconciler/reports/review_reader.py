"""A reviewed plan, read back from its JSON.

The file may be anything: an old plan, half a plan, an edited plan, or something else. It must
conform to the published schema and to its own digest. Only ids, outcomes and permissions are used;
no sentence of the file is ever shown or executed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from reconciler.documents.published_schemas import validator_for
from reconciler.model.errors import Refused
from reconciler.model.formats import JSON_VERSION
from reconciler.model.plan import Loss, Permissions, PersonOutcome, Review, Scope

SCHEMA_VERSION: Final = JSON_VERSION
# The maximum number of characters; a plan for 50,000 new people has a fifth of them.
LARGEST: Final = 256 * 1024 * 1024
DEEPEST: Final = 32

_NESTING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[^"\[\]{}]++', re.DOTALL)


def read_reviewed(text: str) -> Review:
    """Return what a plan in a file permits; `Refused` for a file that is not a plan of this
    version.
    """
    document = _parse(text)
    version = document.get("schema_version") if isinstance(document, dict) else None
    # `True` is an int in Python and equals 1.
    if type(version) is not int or version != SCHEMA_VERSION:
        raise _not_a_plan(f"this program reads plans of schema version {SCHEMA_VERSION}")
    if error := validator_for("plan")(document):
        raise _not_a_plan(error)
    if (
        digest_of({name: value for name, value in document.items() if name != "digest"})
        != document["digest"]
    ):
        raise _not_a_plan("its digest does not match its content: it was edited or damaged")
    ids = (entry["id"] for name in ("changes", "coming") for entry in document[name])
    return Review(
        document["portal"],
        document["epoch"],
        frozenset(id for id in ids if id),
        frozenset(_losses(document)),
        _permissions(document),
    )


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 in hex over every member of a plan's document."""
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _permissions(document: Mapping[str, Any]) -> Permissions:
    """Return the numbers of the plan; none if the whole plan was refused."""
    is_refused = any(refusal["scope"] == Scope.PLAN for refusal in document["refusals"])
    return Permissions() if is_refused else Permissions(**document["permissions"])


def _losses(document: Mapping[str, Any]) -> Iterator[Loss]:
    for group in document["groups"]:
        for outcome in group["outcomes"]:
            yield from PersonOutcome(**outcome).losses


def _parse(text: str) -> Any:
    if len(text) > LARGEST:
        raise _not_a_plan(f"it has {len(text):,} characters; the limit is {LARGEST:,}")
    # json.loads recurses: a text of brackets alone would end in a RecursionError.
    if _depth(text) > DEEPEST:
        raise _not_a_plan(f"it is nested deeper than {DEEPEST} levels")
    try:
        return json.loads(
            text, object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise _not_a_plan(
            f"it is not complete JSON (line {error.lineno}, column {error.colno})"
        ) from None
    except ValueError:
        # Python limits the digits of a number that it converts.
        raise _not_a_plan("it contains a number that is too long") from None


def _depth(text: str) -> int:
    """Return the nesting depth of brackets outside of strings, without parsing the text."""
    deepest = depth = 0
    for bracket in _NESTING.sub("", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _not_a_plan("a member occurs twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise _not_a_plan(f"'{name}' is not a number")


def _not_a_plan(reason: str) -> Refused:
    return Refused(
        f"the reviewed plan is invalid: {reason}; nothing was changed",
        "create it again with reconciler plan --out",
    )
