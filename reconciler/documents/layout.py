"""Which path is which document, and which paths cannot be one.

portal.yaml
customers/<customer>/customer.yaml
customers/<customer>/contacts/<contact>.yaml
customers/<customer>/removed/<contact>.yaml
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.model.files import SourceFile, Tree
from reconciler.model.keys import is_key
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

PORTAL: Final = "portal.yaml"
_PROSE: Final = (".md", ".txt")
_FOLDERS: Final = {"contacts": "contact", "removed": "removed"}
_CUSTOMER_DEPTH: Final = 3
_CONTACT_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class Located:
    """A file that is a document: its kind, whose it is, and the bytes."""

    file: SourceFile
    kind: str
    customer: str = ""
    key: str = ""


def locate(tree: Tree) -> tuple[list[Located], list[Problem]]:
    """The documents of a tree by what their paths say, and a problem for every other path."""
    located: list[Located] = []
    problems: list[Problem] = []
    files = sorted((file for file in tree.files if not _ignored(file.path)), key=lambda file: file.path)
    for file in files:
        found = _refused(file) or _located(file)
        if isinstance(found, Located):
            located.append(found)
        else:
            problems.append(found)
    problems += _missing(tree, located)
    problems += _alike(file.path for file in files)
    return located, problems


def _ignored(path: str) -> bool:
    """Hidden and backup files, and prose, are nobody's documents."""
    return path.endswith((*_PROSE, "~")) or any(part.startswith((".", "#")) for part in path.split("/"))


def _refused(file: SourceFile) -> Problem | None:
    if file.rule is None:
        return None
    return _problem(file.rule, file.path, file.message or "cannot be read", file.hint)


def _located(file: SourceFile) -> Located | Problem:
    parts = file.path.split("/")
    stem, dot, ending = parts[-1].rpartition(".")
    if file.path == "portal.yaml":
        return Located(file, "portal")
    if ending == "yml":
        return _problem(RuleId.FILE_NAME, file.path, "documents end in .yaml", f"rename it to {stem}.yaml")
    if parts[0] == "customers" and ending == "yaml" and dot:
        if len(parts) == _CUSTOMER_DEPTH and parts[2] == "customer.yaml":
            return _keyed(file, "customer", parts[1], "customer")
        if len(parts) == _CONTACT_DEPTH and parts[2] in _FOLDERS:
            return _keyed(file, _FOLDERS[parts[2]], parts[1], stem)
    hint = (
        "documents are portal.yaml, customers/KEY/customer.yaml, customers/KEY/contacts/KEY.yaml and removed/KEY.yaml"
    )
    return _problem(RuleId.FILE_PLACE, file.path, "no document belongs here", hint)


def _keyed(file: SourceFile, kind: str, customer: str, key: str) -> Located | Problem:
    for part in (customer, key):
        if not is_key(part):
            hint = "use small letters, digits and single hyphens, at most 63 characters"
            return _problem(RuleId.FILE_NAME, file.path, f"'{part}' is not a key", hint)
    return Located(file, kind, customer, key)


def _missing(tree: Tree, located: list[Located]) -> list[Problem]:
    problems = []
    if not any(file.path == "portal.yaml" for file in tree.files):
        hint = "write at least schema_version: 1 and owner: YOUR-KEY"
        problems.append(_problem(RuleId.PORTAL_FILE, "portal.yaml", "there is no portal.yaml", hint))
    known = {item.customer for item in located if item.kind == "customer"}
    refused = {path.path for path in tree.files if path.path.endswith("/customer.yaml")}
    for item in located:
        path = f"customers/{item.customer}/customer.yaml"
        if item.customer and item.customer not in known and path not in refused:
            problems.append(
                _problem(RuleId.CUSTOMER_FILE, item.file.path, f"there is no {path} beside it", f"write {path}")
            )
    return problems


def _alike(paths: Iterable[str]) -> list[Problem]:
    """Two paths that some file systems take for one."""
    first: dict[str, str] = {}
    problems = []
    for path in sorted(paths):
        other = first.setdefault(path.casefold(), path)
        if other != path:
            problems.append(
                _problem(RuleId.FILE_NAME, path, f"it differs from {other} only in case", "rename one of them")
            )
    return problems


def _problem(rule: RuleId, path: str, message: str, hint: str | None) -> Problem:
    return Problem(rule, Severity.ERROR, path, 1, 1, message, hint=hint)
