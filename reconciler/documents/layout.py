"""The mapping from paths to documents, and the paths that cannot be a document.

portal.yaml customers/<customer>/customer.yaml customers/<customer>/contacts/<contact>.yaml
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
# Names of devices, whatever their ending: such a repository cannot be checked out on Windows.
_WINDOWS_DEVICES: Final = frozenset(
    [
        *("con", "prn", "aux", "nul"),
        *(f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)),
    ]
)
_PROSE: Final = (".md", ".txt")
_FOLDERS: Final = {"contacts": "contact", "removed": "removed"}
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
    is_contact = len(parts) == _CONTACT_DEPTH and parts[2] in _FOLDERS
    return parts[1], parts[-1].removesuffix(".yaml") if is_contact else None


def _is_ignored(path: str) -> bool:
    """Return whether the path is not a document: hidden and backup files, and prose."""
    # Emacs writes `jane.yaml~` and `#jane.yaml#`, vim `.jane.yaml.swp`.
    return path.endswith((*_PROSE, "~")) or any(
        part.startswith((".", "#")) for part in path.split("/")
    )


def _refusal(file: SourceFile) -> Problem | None:
    if file.rule is None:
        return None
    return _problem(file.rule, file.path, file.message or "cannot be read", file.hint)


def _document_at(file: SourceFile) -> DocumentFile | Problem:
    parts = file.path.split("/")
    stem, dot, ending = parts[-1].rpartition(".")
    if file.path == "portal.yaml":
        return DocumentFile(file, "portal")
    if ending == "yml":
        return _problem(
            RuleId.FILE_NAME,
            file.path,
            "documents end in .yaml",
            f"rename it to {stem}.yaml",
        )
    if parts[0] == "customers" and ending == "yaml" and dot:
        if len(parts) == _CUSTOMER_DEPTH and parts[2] == "customer.yaml":
            return _keyed(file, "customer", parts[1], "customer")
        if len(parts) == _CONTACT_DEPTH and parts[2] in _FOLDERS:
            return _keyed(file, _FOLDERS[parts[2]], parts[1], stem)
    hint = (
        "documents are portal.yaml, customers/KEY/customer.yaml, "
        "customers/KEY/contacts/KEY.yaml and removed/KEY.yaml"
    )
    return _problem(RuleId.FILE_PLACE, file.path, "no document belongs here", hint)


def _keyed(file: SourceFile, kind: str, customer: str, key: str) -> DocumentFile | Problem:
    for part in (customer, key):
        if not is_key(part):
            hint = (
                "use lower-case letters, digits and single hyphens, at most 63 characters"
            )
            return _problem(RuleId.FILE_NAME, file.path, f"'{part}' is not a key", hint)
        if part in _WINDOWS_DEVICES:
            return _problem(
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
            "write at least schema_version: 1 and owner: YOUR-KEY, "
            "or name its folder with --root"
        )
        problems.append(
            _problem(RuleId.PORTAL_FILE, "portal.yaml", "portal.yaml is missing", hint)
        )
    customers_with_file = {item.customer for item in documents if item.kind == "customer"}
    # A customer.yaml that was refused is there: its own problem is enough.
    existing_paths = {
        path.path for path in tree.files if path.path.endswith("/customer.yaml")
    }
    for item in documents:
        path = f"customers/{item.customer}/customer.yaml"
        if (
            item.customer
            and item.customer not in customers_with_file
            and path not in existing_paths
        ):
            problems.append(
                _problem(
                    RuleId.CUSTOMER_FILE,
                    item.file.path,
                    f"{path} is missing",
                    f"write {path}",
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
                _problem(
                    RuleId.FILE_NAME,
                    path,
                    f"it differs from {earlier_path} only in case",
                    "rename one of them",
                )
            )
    return problems


def _problem(rule: RuleId, path: str, message: str, hint: str | None) -> Problem:
    return Problem(rule, Severity.ERROR, path, 1, 1, message, hint=hint)
