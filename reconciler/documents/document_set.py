"""The documents of a tree while they are read: by kind and owner, with the problems so far.

A document that is not valid is here with its readable part, so that the rules across files see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reconciler.documents import to_desired
from reconciler.documents.field_types import Document
from reconciler.documents.layout import DocumentFile
from reconciler.documents.portal_document import Portal
from reconciler.documents.positions import Composed, DocumentError
from reconciler.documents.readable_part import nothing_of
from reconciler.documents.rules import Book, in_one_file, secrets
from reconciler.documents.source_text import decode
from reconciler.documents.strict_yaml import compose
from reconciler.documents.types import Contact, Customer, Removed
from reconciler.documents.typing_slips import find_slip, has_other_space
from reconciler.documents.validation import Source, required_hint, validate_value
from reconciler.model.desired import DesiredContact, DesiredCustomer, Farewell
from reconciler.model.problems import Problem
from reconciler.model.rules import RuleId

# The errors that YAML reports after a slip; others have a cause of their own.
_CAUSED_BY_SLIPS: Final = frozenset({RuleId.YAML_SYNTAX, RuleId.YAML_EMPTY})
# Keys that another file's heir may depend on.
_HEIR_KEYS: Final = frozenset({"heir", "previously"})


@dataclass(slots=True)
class DocumentSet:
    """The documents read so far, by kind and owner.

    `unread`: paths that prove nothing about their customer. `partial`: paths of documents of which
    only a part is here.
    """

    problems: list[Problem] = field(default_factory=list)
    accepted: list[tuple[str, Source]] = field(default_factory=list)
    portal: tuple[Portal, Source] | None = None
    customers: dict[str, tuple[Customer, Source]] = field(default_factory=dict)
    contacts: dict[str, dict[str, DesiredContact]] = field(default_factory=dict)
    farewells: dict[str, dict[str, Farewell]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    files: int = 0


def read_document(item: DocumentFile, documents: DocumentSet) -> None:
    """Add one document, or its readable part with its problems."""
    documents.files += 1
    path, content = item.file.path, item.file.content or b""
    # In the bytes, so that a secret is reported in a file that cannot be parsed too.
    documents.problems += secrets(path, content)
    try:
        source = _source(item, content)
    except _UnreadableText as unreadable:
        documents.problems.append(unreadable.problem)
        _add_unreadable(item, unreadable.source, documents)
        return
    documents.sources[path] = source
    verdict = validate_value(item.kind, source)
    documents.problems += verdict.problems
    if verdict.document is None:
        _add_unreadable(item, source, documents)
        return
    documents.problems += in_one_file(verdict.document, source)
    _add_document(item, verdict.document, source, documents)
    if not verdict.problems:
        documents.accepted.append((item.kind, source))
        return
    documents.partial.add(path)
    lost_keys = source.composed.value.keys() - verdict.document.model_fields_set
    if lost_keys & _HEIR_KEYS:
        documents.unread.add(path)


class _UnreadableText(Exception):
    """The bytes are no text of ours; `problem` says why, `source` holds the lines so far."""

    def __init__(self, problem: Problem, source: Source) -> None:
        super().__init__(problem.message)
        self.problem, self.source = problem, source


def _source(item: DocumentFile, content: bytes) -> Source:
    path = item.file.path
    lines: tuple[str, ...] = ()
    try:
        text = decode(content)
        lines = tuple(text.split("\n"))
        return Source(path, lines, _composed(text, lines))
    except DocumentError as refusal:
        source = Source(path, lines, Composed())
        # Only the kind of the document tells whether a value may be empty.
        hint = required_hint(item.kind, refusal.at) or refusal.hint
        problem = source.problem(refusal.rule, refusal.span, refusal.message, hint=hint)
        raise _UnreadableText(problem, source) from None


def _add_unreadable(item: DocumentFile, source: Source, documents: DocumentSet) -> None:
    documents.unread.add(item.file.path)
    if item.kind == "customer":
        # Its people are checked all the same.
        documents.sources[item.file.path] = source
        documents.customers[item.customer] = (nothing_of(Customer), source)


def _composed(text: str, lines: tuple[str, ...]) -> Composed:
    """Return the composed text; a slip of typing is reported instead of what YAML makes of it."""
    try:
        composed = compose(text)
    except DocumentError as refusal:
        slip = find_slip(lines) if refusal.rule in _CAUSED_BY_SLIPS else None
        raise slip or refusal from None
    keys = (str(key) for path in composed.keys for key in path[-1:])
    is_suspicious = isinstance(composed.value, str) or any(map(has_other_space, keys))
    if is_suspicious and (slip := find_slip(lines)) is not None:
        raise slip
    return composed


def _add_document(
    item: DocumentFile, document: Document, source: Source, documents: DocumentSet
) -> None:
    match document:
        case Portal():
            documents.portal = (document, source)
        case Customer():
            documents.customers[item.customer] = (document, source)
        case Contact():
            contact = to_desired.contact(document, source, item.customer, item.key)
            documents.contacts.setdefault(item.customer, {})[item.key] = contact
        case Removed():
            farewell = to_desired.farewell(document, source, item.customer, item.key)
            documents.farewells.setdefault(item.customer, {})[item.key] = farewell


def book_of(documents: DocumentSet, customers: dict[str, DesiredCustomer]) -> Book:
    """Return the book for the rules across files."""
    return Book(
        customers,
        documents.portal[0] if documents.portal else None,
        documents.sources,
        _keys_of(documents.unread),
        _keys_of(documents.partial),
    )


def _keys_of(paths: set[str]) -> frozenset[str]:
    parts = [path.split("/") for path in paths]
    return frozenset(part[1] for part in parts if part[0] == "customers" and len(part) > 1)


def customers_of(documents: DocumentSet) -> dict[str, DesiredCustomer]:
    """Return the customers with their people, by key."""
    return {
        key: to_desired.customer(
            document,
            source,
            key,
            documents.contacts.get(key, {}),
            documents.farewells.get(key, {}),
        )
        for key, (document, source) in sorted(documents.customers.items())
    }
