"""From the tree's bytes to the desired state, or to every problem of every file.

The data flow: bytes → text → value with positions → typed document → rules → desired state. Nothing
here opens a file, and no content of a file raises an exception.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.documents import to_desired
from reconciler.documents.document_set import (
    DocumentSet,
    book_of,
    customers_of,
    read_document,
)
from reconciler.documents.layout import PORTAL, locate
from reconciler.documents.positions import DocumentError, Path
from reconciler.documents.rules import across_files
from reconciler.documents.source_text import decode
from reconciler.documents.strict_yaml import compose
from reconciler.documents.validation import Source
from reconciler.model.desired import DesiredState
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.model.rules import RuleId

if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule
    from reconciler.documents.own_rules.rulebook import Rulebook


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


def read_documents(tree: Tree) -> DocumentsResult:
    """Return the desired state of a tree, or its problems: all of all files, sorted by place."""
    with _paused_collector():
        documents = DocumentSet()
        document_files, problems = locate(tree)
        documents.problems += problems
        # A file that was refused proves nothing about its customer, such as that a contact
        # is missing.
        documents.unread.update(problem.path for problem in problems)
        for item in document_files:
            read_document(item, documents)
        customers = customers_of(documents)
        documents.problems += across_files(book_of(documents, customers))
        digests, own_problems = _own_rule_problems(tree, documents)
        documents.problems += own_problems
    # Warnings do not stop a run; `validate --strict` gives them an exit code of their own.
    failed = any(problem.severity is Severity.ERROR for problem in documents.problems)
    desired = (
        to_desired.state(*documents.portal, customers, digests)
        if documents.portal and not failed
        else None
    )
    counts = Counts(
        documents.files, len(customers), sum(len(c.contacts) for c in customers.values())
    )
    return DocumentsResult(desired, _sorted_problems(documents.problems), counts)


def rule_patterns(tree: Tree) -> tuple[str, ...]:
    """Return the paths and globs under `rules:` in `portal.yaml`; none when the file cannot be
    read.
    """
    source = _portal_source(tree)
    items = (
        source.composed.value.get("rules")
        if source and isinstance(source.composed.value, dict)
        else None
    )
    return (
        tuple(item for item in items if isinstance(item, str))
        if isinstance(items, list)
        else ()
    )


def own_rules(tree: Tree) -> tuple[OwnRule, ...]:
    """Return the provider's own rules of a tree whose files can be evaluated, sorted by id."""
    return _rulebook(tree.own_rules, _portal_source(tree)).rules


def check_last_applied(
    tree: Tree, remembered: Iterable[str], applied: Iterable[SourceFile]
) -> LastApplied:
    """Return today's documents under the rules last applied that today's files changed or dropped.

    `remembered`: the digests in the settings' `applied`. `applied`: the rule files at the commit
    that was applied last. This costs little when no rule changed.
    """
    changed_digests = set(remembered) - set(_rulebook(tree.own_rules, None).digests)
    if not changed_digests:
        return LastApplied()
    from reconciler.documents.own_rules.rulebook import (  # noqa: PLC0415  see `_rulebook`
        evaluate_documents,
        with_pending_reason,
    )

    rules = [
        rule for rule in _rulebook(applied, None).rules if rule.digest in changed_digests
    ]
    documents = DocumentSet()
    for item in locate(tree)[0]:
        read_document(item, documents)
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


def _rulebook(files: Iterable[SourceFile], portal: Source | None) -> Rulebook:
    # jsonschema takes 0.1 s to import, and most runs have no rules
    from reconciler.documents.own_rules.rulebook import read_rulebook  # noqa: PLC0415

    return read_rulebook(files, portal)


def _own_rule_problems(
    tree: Tree, documents: DocumentSet
) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the digests of the provider's rules, and the problems of their files and of the
    documents.
    """
    portal = documents.sources.get(PORTAL)
    if not tree.own_rules:
        paths = documents.portal[0].rules if documents.portal else None
        return (), [_nothing_read(portal)] if portal and paths else []
    # see `_rulebook`
    from reconciler.documents.own_rules.rulebook import evaluate_documents  # noqa: PLC0415

    book = _rulebook(tree.own_rules, portal)
    return book.digests, [
        *book.problems,
        *evaluate_documents(book.rules, documents.accepted),
    ]


def _nothing_read(portal: Source) -> Problem:
    at: Path = ("rules",)
    return portal.problem(
        RuleId.RULES,
        portal.span(at),
        "no rule file was read",
        at=at,
        hint="check the paths",
    )


def _portal_source(tree: Tree) -> Source | None:
    for file in tree.files:
        if file.path == PORTAL and file.content is not None:
            try:
                text = decode(file.content)
                return Source(PORTAL, tuple(text.split("\n")), compose(text))
            except DocumentError:
                return None
    return None


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
