"""The chain of the audit feed: the hash of each entry covers the hash of the entry before it.

`hash = sha256(previous ‖ canonical entry without sealed values ‖ digests)`. A sealed value enters as
`sha256(salt ‖ value)` with a salt of its own, so that value and salt can be erased while the digest,
and with it the chain, stays. Sealed is `by`, and every member of `before` and `after` that may hold a
person's data: all but those that `PLAIN` names.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Entry = Mapping[str, Any]
Seals = dict[str, str]
"""A salt (`salt:HEX`) or, once the value is erased, its digest (`erased:HEX`), by the value's path."""

START: Final = "0" * 64
"""The hash before the first entry."""
BY: Final = "by"
SIDES: Final = ("before", "after")
NAMED: Final = "values"
"""The member of `after` by which the entry of an erasure names what it erased."""
PLAIN: Final = frozenset({
    "accepted_at", "activation", "available_to_all", "code", "contacts", "contacts_per_customer", "cost", "currency",
    "customer", "customers", "deadline", "delivered_at", "ended_at", "erased", "expires_at", "external_key", "files",
    "head", "epoch", "kind", "language", "languages", "offers", "owner", "password", "past_requests", "price",
    "progress", "protected", "reference_files", "registration_code", "requests", "role", "scope", "service",
    "services", "sign_up", "source_language", "state", "status", "target_languages", NAMED, "words", "work_to",
    "workflow", "workflows",
})  # fmt: skip
"""Members that hold numbers, times, ids and words of ours, never text that somebody typed."""
_IN_CHAIN: Final = (
    "revision", "seq", "at", "actor", "what", "object", "id", "change", "run", "commit", "person",
)  # fmt: skip
_SALT: Final = "salt:"
_ERASED: Final = "erased:"
_SEAL: Final = re.compile(rf"{_SALT}[0-9a-f]{{32}}|{_ERASED}[0-9a-f]{{64}}")


def pseudonym(id: str) -> str:
    """The name of a person whose data was erased."""
    return f"erased-{id[-8:]}"


def sealed_paths(entry: Entry) -> list[str]:
    """The paths of the values that a new entry seals, such as `by` and `after.name`."""
    return [BY, *(f"{side}.{name}" for side in SIDES for name in entry[side] or () if name not in PLAIN)]


def seals_of(entry: Entry, salts: Iterator[str]) -> Seals:
    """The seals of a new entry; each salt has 32 hexadecimal digits."""
    return {path: f"{_SALT}{salt}" for path, salt in zip(sealed_paths(entry), salts, strict=False)}


def hash_of(previous: str, entry: Entry, seals: Seals) -> str:
    """The hash of an entry that follows an entry of the hash `previous`."""
    plain = [entry[name] for name in _IN_CHAIN]
    plain += [_unsealed(entry[side], side, seals) for side in SIDES]
    digests = {path: _digest(entry, path, seal) for path, seal in seals.items()}
    return _sha256(f"{previous}\n{canonical(plain)}\n{canonical(digests)}")


def holds(previous: str, entry: Entry) -> bool:
    """Whether a stored entry, with its `seals` and `hash`, is what was chained after `previous`."""
    seals = entry["seals"]
    if not isinstance(seals, dict) or BY not in seals or not _well_formed(entry):
        return False
    if not all(isinstance(seal, str) and _SEAL.fullmatch(seal) for seal in seals.values()):
        return False
    if not all(_is_erased(entry, path) for path in erased_paths(seals)):
        return False
    if not all(_is_there(entry, path) for path, seal in seals.items() if seal.startswith(_SALT)):
        return False
    return bool(hash_of(previous, entry, seals) == entry["hash"])


def erased_paths(seals: Seals | None) -> list[str]:
    """The paths whose values were erased, sorted."""
    return sorted(path for path, seal in (seals or {}).items() if seal.startswith(_ERASED))


def without(entry: Entry, paths: list[str]) -> dict[str, Any]:
    """The columns of an entry after these of its sealed values are erased; salts go with the values."""
    seals, changed = dict(entry["seals"]), {side: entry[side] for side in SIDES}
    for path in paths:
        seals[path] = f"{_ERASED}{_digest(entry, path, seals[path])}"
    for side in SIDES:
        gone = {path.partition(".")[2] for path in paths if path.startswith(f"{side}.")}
        if gone:
            changed[side] = {name: value for name, value in entry[side].items() if name not in gone}
    by = _erased_by(entry) if BY in paths else entry[BY]
    return {**changed, BY: by, "seals": seals}


def named(entry: Entry, path: str) -> str:
    """The name of a value for the entry of its erasure: `REVISION.SEQ PATH`."""
    return f"{entry['revision']}.{entry['seq']} {path}"


def canonical(value: Any) -> str:
    """The value as JSON that is the same text for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _well_formed(entry: Entry) -> bool:
    return all(entry[side] is None or isinstance(entry[side], dict) for side in SIDES)


def _unsealed(values: Mapping[str, Any] | None, side: str, seals: Seals) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value for name, value in values.items() if f"{side}.{name}" not in seals}


def _digest(entry: Entry, path: str, seal: str) -> str:
    if seal.startswith(_ERASED):
        return seal.removeprefix(_ERASED)
    return _sha256(f"{seal.removeprefix(_SALT)}{canonical(_value(entry, path))}")


def _value(entry: Entry, path: str) -> Any:
    side, dot, name = path.partition(".")
    return entry[side][name] if dot else entry[side]


def _is_there(entry: Entry, path: str) -> bool:
    side, dot, name = path.partition(".")
    return path == BY or (bool(dot) and side in SIDES and name in (entry[side] or {}))


def _is_erased(entry: Entry, path: str) -> bool:
    return entry[BY] == _erased_by(entry) if path == BY else not _is_there(entry, path)


def _erased_by(entry: Entry) -> str:
    return pseudonym(entry["person"] or entry["id"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
