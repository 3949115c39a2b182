"""From the tree's bytes to the desired state, or to every problem of every file.

The data flow: bytes → text → value with positions → typed document → rules → desired state. Nothing
here opens a file, and no content of a file raises an exception.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from reconciler.documents import to_desired
from reconciler.documents.field_types import Document
from reconciler.documents.layout import DocumentFile, locate
from reconciler.documents.portal_document import Portal
from reconciler.documents.positions import Composed, DocumentError
from reconciler.documents.rules import (
    Book,
    acknowledge,
    across_files,
    in_one_file,
    secrets,
)
from reconciler.documents.source_text import decode
from reconciler.documents.strict_yaml import compose
from reconciler.documents.tree_rules import apply_own_rules, read_rules
from reconciler.documents.types import Contact, Customer, Removed
from reconciler.documents.typing_slips import find_slip, has_other_space
from reconciler.documents.validation import Source, validate_value
from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState, Farewell
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.model.rules import RuleId

# The errors that YAML reports after a slip; others have a cause of their own.
_CAUSED_BY_SLIPS: Final = frozenset({RuleId.YAML_SYNTAX, RuleId.YAML_EMPTY})


@dataclass(frozen=True, slots=True)
class DocumentsResult:
    """The result for a tree: the desired state unless there is an error, all problems in order,
    counts.
    """

    desired: DesiredState | None
    problems: tuple[Problem, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class LastApplied:
    """Rules last applied that today's files changed or dropped; they apply until the next run.

    `rules`: their ids. `missing_digests`: recorded digests without a given file. `problems`: what
    the rules do not accept in today's documents.
    """

    rules: tuple[str, ...] = ()
    missing_digests: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _DocumentSet:
    """The documents read so far, by kind and owner."""

    problems: list[Problem] = field(default_factory=list)
    accepted: list[tuple[str, Source]] = field(default_factory=list)
    portal: tuple[Portal, Source] | None = None
    customers: dict[str, tuple[Customer, Source]] = field(default_factory=dict)
    contacts: dict[str, dict[str, DesiredContact]] = field(default_factory=dict)
    farewells: dict[str, dict[str, Farewell]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    files: int = 0


def read_documents(tree: Tree) -> DocumentsResult:
    """Return the desired state of a tree, or its problems: all of all files, sorted by place."""
    with _paused_collector():
        documents = _DocumentSet()
        document_files, problems = locate(tree)
        documents.problems += problems
        # A file that was refused proves nothing about its customer, such as that a contact
        # is missing.
        documents.unread.update(problem.path for problem in problems)
        for item in document_files:
            _read_document(item, documents)
        customers = _customers(documents)
        book = _book(documents, customers)
        documents.problems += across_files(book)
        own = apply_own_rules(tree, documents.portal, documents.accepted)
        documents.problems += own.problems
        # After every rule: an acknowledgement is judged by the warnings that there are.
        problems = acknowledge(book, documents.problems, own.warnings)
        notes = [problem for problem in problems if problem.severity is Severity.NOTE]
        desired = (
            to_desired.state(
                *documents.portal,
                customers,
                own.digests,
                to_desired.findings([*documents.problems, *notes]),
            )
            if documents.portal
            else None
        )
    # Warnings do not stop a run; `validate --strict` gives them an exit code of their own.
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    counts = Counts(
        documents.files, len(customers), sum(len(c.contacts) for c in customers.values())
    )
    return DocumentsResult(None if failed else desired, _sorted_problems(problems), counts)


def check_last_applied(
    tree: Tree, remembered: Iterable[str], applied: Iterable[SourceFile]
) -> LastApplied:
    """Return today's documents under the rules last applied that today's files changed or dropped.

    `remembered`: the digests in the settings' `applied`. `applied`: the rule files at the commit
    that was applied last. This costs little when no rule changed.
    """
    changed_digests = set(remembered) - set(read_rules(tree.own_rules, None).digests)
    if not changed_digests:
        return LastApplied()
    from reconciler.documents.own_rules.rulebook import (  # noqa: PLC0415  see `tree_rules`
        evaluate_documents,
        with_pending_reason,
    )

    rules = [
        rule for rule in read_rules(applied, None).rules if rule.digest in changed_digests
    ]
    documents = _DocumentSet()
    for item in locate(tree)[0]:
        _read_document(item, documents)
    problems = [
        with_pending_reason(problem)
        for problem in evaluate_documents(rules, documents.accepted)
    ]
    missing_digests = changed_digests - {rule.digest for rule in rules}
    return LastApplied(
        tuple(rule.id for rule in rules),
        tuple(sorted(missing_digests)),
        _sorted_problems(problems),
    )


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Pause the cycle collector: many small long-lived objects are read three times faster without
    it.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read_document(item: DocumentFile, documents: _DocumentSet) -> None:
    """Add one document, or record that it could not be read."""
    documents.files += 1
    path, content = item.file.path, item.file.content or b""
    document, problems = _validated(item, content, documents)
    # In the bytes, so that a secret is reported in a file that cannot be parsed too.
    documents.problems += [*secrets(path, content), *problems]
    if document is None:
        documents.unread.add(path)
    else:
        documents.accepted.append((item.kind, documents.sources[path]))
        _add_document(item, document, documents.sources[path], documents)


def _validated(
    item: DocumentFile, content: bytes, documents: _DocumentSet
) -> tuple[Document | None, list[Problem]]:
    lines: tuple[str, ...] = ()
    try:
        text = decode(content)
        lines = tuple(text.split("\n"))
        source = Source(item.file.path, lines, _composed(text, lines))
    except DocumentError as refusal:
        source = Source(item.file.path, lines, Composed())
        return None, [
            source.problem(refusal.rule, refusal.span, refusal.message, hint=refusal.hint)
        ]
    documents.sources[item.file.path] = source
    document = validate_value(item.kind, source)
    if not isinstance(document, Document):
        return None, list(document)
    return document, in_one_file(document, source)


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
    item: DocumentFile, document: Document, source: Source, documents: _DocumentSet
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


def _book(documents: _DocumentSet, customers: dict[str, DesiredCustomer]) -> Book:
    parts = [path.split("/") for path in documents.unread]
    unread = frozenset(
        part[1] for part in parts if part[0] == "customers" and len(part) > 1
    )
    return Book(
        customers,
        documents.portal[0] if documents.portal else None,
        documents.sources,
        unread,
    )


def _sorted_problems(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems in order, each once. A file with a secret shows only that: another line
    might quote it.
    """
    paths_with_secrets = {
        problem.path for problem in problems if problem.rule == RuleId.SECRET
    }
    shown_problems = [
        problem
        for problem in problems
        if problem.rule == RuleId.SECRET or problem.path not in paths_with_secrets
    ]
    return tuple(
        sorted(dict.fromkeys(shown_problems), key=lambda problem: problem.sort_key)
    )


def _customers(documents: _DocumentSet) -> dict[str, DesiredCustomer]:
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
