"""The mapping from paths to documents, and the paths that cannot be a document.

portal.yaml customers/<customer>/customer.yaml customers/<customer>/contacts/<contact>.yaml
customers/<customer>/removed/<contact>.yaml
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.documents.misplaced_files import (
    FOLDERS,
    file_problem,
    is_customer_file,
    misplaced,
    not_a_key,
)
from reconciler.model.files import SourceFile, Tree
from reconciler.model.keys import is_key
from reconciler.model.problems import Problem
from reconciler.model.rules import RuleId

PORTAL: Final = "portal.yaml"
# Names of devices, whatever their ending: such a repository cannot be checked out on Windows.
_WINDOWS_DEVICES: Final = frozenset(
    [
        *("con", "prn", "aux", "nul"),
        *(f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)),
    ]
)
_PROSE: Final = (".md", ".txt")
_CUSTOMER_DEPTH: Final = 3
_CONTACT_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file that is a document: its kind, the customer and key that it belongs to, and the
    bytes.
    """

    file: SourceFile
    kind: str
    customer: str = ""
    key: str = ""


def locate(tree: Tree) -> tuple[list[DocumentFile], list[Problem]]:
    """Return the documents of a tree by their paths, and a problem for every other path."""
    documents: list[DocumentFile] = []
    problems: list[Problem] = []
    files = sorted(
        (file for file in tree.files if not _is_ignored(file.path)),
        key=lambda file: file.path,
    )
    for file in files:
        document = _refusal(file) or _document_at(file)
        if isinstance(document, DocumentFile):
            documents.append(document)
        else:
            problems.append(document)
    problems += _missing_files(tree, documents)
    problems += _case_collisions(file.path for file in files)
    return documents, problems


def subject_of(path: str) -> tuple[str | None, str | None]:
    """Return the customer and the contact that a file is about; None for what it is not about."""
    parts = path.split("/")
    if parts[0] != "customers" or len(parts) < _CUSTOMER_DEPTH:
        return None, None
    is_contact = len(parts) == _CONTACT_DEPTH and parts[2] in FOLDERS
    return parts[1], parts[-1].removesuffix(".yaml") if is_contact else None


def _is_ignored(path: str) -> bool:
    """Return whether the path is not a document: hidden and backup files, and prose."""
    # A document with another ending behind its own would be ignored without a word.
    is_prose = path.endswith(_PROSE) and ".yaml." not in path
    # Emacs writes `jane.yaml~` and `#jane.yaml#`, vim `.jane.yaml.swp`.
    return (
        is_prose
        or path.endswith("~")
        or any(part.startswith((".", "#")) for part in path.split("/"))
    )


def _refusal(file: SourceFile) -> Problem | None:
    if file.rule is None:
        return None
    return file_problem(file.rule, file.path, file.message or "cannot be read", file.hint)


def _document_at(file: SourceFile) -> DocumentFile | Problem:
    parts = file.path.split("/")
    stem, dot, ending = parts[-1].rpartition(".")
    if file.path == PORTAL:
        return DocumentFile(file, "portal")
    if parts[0] == "customers" and ending == "yaml" and dot:
        if len(parts) == _CUSTOMER_DEPTH and parts[2] == "customer.yaml":
            return _keyed(file, "customer", parts[1], "customer")
        if (
            len(parts) == _CONTACT_DEPTH
            and parts[2] in FOLDERS
            and stem.lower() != "readme"
        ):
            return _keyed(file, FOLDERS[parts[2]], parts[1], stem)
    return misplaced(file.path)


def _keyed(file: SourceFile, kind: str, customer: str, key: str) -> DocumentFile | Problem:
    for part in (customer, key):
        if not is_key(part):
            return not_a_key(file.path, part, is_file=part is key)
        if part in _WINDOWS_DEVICES:
            return file_problem(
                RuleId.FILE_NAME,
                file.path,
                f"Windows cannot create a file or folder named '{part}'",
                f"use another key, for example {part}-1",
            )
    return DocumentFile(file, kind, customer, key)


def _missing_files(tree: Tree, documents: list[DocumentFile]) -> list[Problem]:
    problems = []
    if not any(file.path == "portal.yaml" for file in tree.files):
        hint = (
            "write at least schema_version: 1 and owner: YOUR-KEY, rename portal.yml, "
            "or name its folder with --root"
        )
        problems.append(
            file_problem(RuleId.PORTAL_FILE, "portal.yaml", "portal.yaml is missing", hint)
        )
    customers_with_file = {item.customer for item in documents if item.kind == "customer"}
    # One that was refused, or has another ending, is there: its own problem is enough.
    for file in tree.files:
        folder, _, name = file.path.rpartition("/")
        if is_customer_file(name):
            customers_with_file.add(folder.removeprefix("customers/"))
    for item in documents:
        if item.customer and item.customer not in customers_with_file:
            # Once for all files of the folder.
            customers_with_file.add(item.customer)
            path = f"customers/{item.customer}/customer.yaml"
            hint = f"write {path} with at least the line name: …"
            problems.append(
                file_problem(
                    RuleId.CUSTOMER_FILE, item.file.path, f"{path} is missing", hint
                )
            )
    return problems


def _case_collisions(paths: Iterable[str]) -> list[Problem]:
    """Return a problem for each pair of paths that case-insensitive file systems treat as one."""
    # On macOS and Windows, a checkout has only one of two such files, and the other contact
    # would look removed.
    first: dict[str, str] = {}
    problems = []
    for path in sorted(paths):
        earlier_path = first.setdefault(path.casefold(), path)
        if earlier_path != path:
            problems.append(
                file_problem(
                    RuleId.FILE_NAME,
                    path,
                    f"it differs from {earlier_path} only in case",
                    "rename one of them",
                )
            )
    return problems
