"""Paths that are no document: what is wrong with each, and where the file belongs.

A folder in the wrong place is one problem, not one for each file in it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from reconciler.model.keys import KEY_MAX_LENGTH, is_key
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId
from reconciler.model.spelling import closest

# The folders of a customer, each with what its files are about.
FOLDERS: Final = {"contacts": "contact", "removed": "removed"}
_CUSTOMER_FILE: Final = "customer.yaml"
_ENDING: Final = ".yaml"
# Other endings that people give to YAML files.
_YAML_ENDINGS: Final = frozenset({"yml", "yaml"})
_PLACES: Final = (
    "documents are portal.yaml, customers/KEY/customer.yaml, customers/KEY/contacts/KEY.yaml "
    "and removed/KEY.yaml"
)
# Letters that have no accent to take away.
_SPELLINGS: Final = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "ß": "ss",
    "æ": "ae",
    "ø": "oe",
    "å": "aa",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
}


def suggest_key(text: str) -> str | None:
    """Return a key that is like the text; None where no letter of it can be in a key."""
    # Composed first: some systems store `ü` as `u` and dots.
    lowered = unicodedata.normalize("NFKC", text).lower()
    spelled = "".join(_SPELLINGS.get(letter, letter) for letter in lowered)
    letters = unicodedata.normalize("NFD", spelled)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = "".join(
        letter if letter.isascii() and letter.isalnum() else " " for letter in plain
    ).split()
    key = "-".join(words)[:KEY_MAX_LENGTH].strip("-")
    return key if is_key(key) else None


def not_a_key(path: str, part: str, *, is_file: bool) -> Problem:
    """Return the problem of a file or folder whose name is no key."""
    rules = "use lower-case letters, digits and single hyphens, at most 63 characters"
    key = suggest_key(part.removesuffix(_ENDING))
    hint = f"rename it to {key}{_ENDING if is_file else ''}; {rules}" if key else rules
    return file_problem(RuleId.FILE_NAME, path, f"'{part}' is not a key", hint)


def misplaced(path: str) -> Problem:
    """Return what is wrong with a path that is no document, and where the file belongs."""
    parts = path.split("/")
    stem, dot, ending = parts[-1].rpartition(".")
    stem = stem if dot else ending
    if is_customer_file(parts[-1]) and len(parts) == 3:
        message = f"'{parts[-1]}' is not read"
        return file_problem(
            RuleId.FILE_NAME, path, message, f"rename it to {_CUSTOMER_FILE}"
        )
    if stem.lower() == "readme":
        message = "documents end in .yaml, and prose ends in .md or .txt"
        return file_problem(RuleId.FILE_NAME, path, message, "rename it to README.md")
    if len(parts) > 3 and parts[2] not in FOLDERS:
        return _foreign_folder(parts)
    if len(parts) > 4:
        return _deep_file(parts)
    if not dot or ending != "yaml":
        return _other_ending(path, stem, ending if dot else "")
    return _file_in_wrong_folder(parts, stem)


def is_customer_file(name: str) -> bool:
    """Return whether people may mean `customer.yaml` by this name of a file."""
    stem, _, ending = name.lower().rpartition(".")
    return stem in {"customer", "customers"} and ending in _YAML_ENDINGS


def _foreign_folder(parts: Sequence[str]) -> Problem:
    folder = "/".join(parts[:3])
    near = closest(parts[2].lower(), FOLDERS)
    message = f"'{parts[2]}' is not a folder of a customer"
    if is_customer_file(parts[3]) or parts[3] in FOLDERS:
        message = "a customer's folder is directly in customers/"
        hint = f"move it to customers/{parts[2]}"
        return file_problem(RuleId.FILE_PLACE, folder, message, hint)
    hint = (
        f"rename the folder to {near}"
        if near
        else "a customer has the folders contacts and removed"
    )
    return file_problem(RuleId.FILE_PLACE, folder, message, hint)


def _deep_file(parts: Sequence[str]) -> Problem:
    folder, home = "/".join(parts[:4]), "/".join(parts[:3])
    message = f"'{parts[3]}' is a folder inside of {parts[2]}/, and its files are not read"
    hint = f"move its files to {home}"
    return file_problem(RuleId.FILE_PLACE, folder, message, hint)


def _other_ending(path: str, stem: str, ending: str) -> Problem:
    # Windows hides the last ending of `jane-doe.yaml.txt`.
    is_hidden = stem.endswith(_ENDING)
    stem = stem.removesuffix(_ENDING)
    key = stem if is_key(stem) else suggest_key(stem)
    ending_text = f"this file ends in .{ending}" if ending else "this file has no ending"
    if ending.lower() in _YAML_ENDINGS or is_hidden:
        message = f"documents end in .yaml, and {ending_text}"
        if not is_key(stem):
            message = f"'{stem}' is not a key, and documents end in .yaml"
        hint = (
            f"rename it to {key}{_ENDING}"
            if key
            else "rename it: lower-case letters, digits and single hyphens, then .yaml"
        )
        return file_problem(RuleId.FILE_NAME, path, message, hint)
    hint = (
        f"write a document as {key}{_ENDING}; delete another file, or name it in .gitignore"
    )
    return file_problem(
        RuleId.FILE_PLACE, path, f"documents end in .yaml, and {ending_text}", hint
    )


def _file_in_wrong_folder(parts: Sequence[str], stem: str) -> Problem:
    path = "/".join(parts)
    if len(parts) == 2:
        message = "a customer is a folder, and a contact's file is in its contacts/"
        hint = f"move it to customers/{stem}/{_CUSTOMER_FILE}, or to customers/KEY/contacts"
    elif len(parts) == 3 and closest(stem, FOLDERS) is not None:
        message = f"'{parts[2]}' is not read: each contact has a file of their own"
        hint = f"write customers/{parts[1]}/contacts/KEY.yaml for each of them"
    elif len(parts) == 3:
        message = "a contact's file is in the folder contacts/"
        hint = f"move it to customers/{parts[1]}/contacts/{parts[2]}"
    else:
        message, hint = "no document belongs here", _PLACES
    return file_problem(RuleId.FILE_PLACE, path, message, hint)


def file_problem(rule: RuleId, path: str, message: str, hint: str | None) -> Problem:
    """Return the problem of a whole file or folder."""
    return Problem(rule, Severity.ERROR, path, 1, 1, message, hint=hint)
