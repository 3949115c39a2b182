"""From the tree's bytes to the desired state, or to every problem of every file.

The data flow: bytes → text → value with positions → typed document → rules → desired state. Nothing
here opens a file, and no content of a file raises an exception.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.documents import to_desired
from reconciler.documents.document_set import (
    DocumentSet,
    book_of,
    customers_of,
    read_document,
)
from reconciler.documents.layout import DocumentFile, locate
from reconciler.documents.rules import acknowledge, across_files
from reconciler.documents.tree_rules import apply_own_rules, read_rules
from reconciler.model.desired import DesiredState
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.model.rules import RuleId


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


Track: TypeAlias = Callable[[list[DocumentFile]], Iterable[DocumentFile]]


def read_documents(tree: Tree, track: Track = iter) -> DocumentsResult:
    """Return the desired state of a tree, or its problems: all of all files, sorted by place.

    `track` returns the same files one by one; it may count them for a person who waits.
    """
    with _paused_collector():
        documents = DocumentSet()
        document_files, problems = locate(tree)
        documents.problems += problems
        # A file that was refused proves nothing about its customer, such as that a contact
        # is missing.
        documents.unread.update(problem.path for problem in problems)
        for item in track(document_files):
            read_document(item, documents)
        customers = customers_of(documents)
        book = book_of(documents, customers)
        documents.problems += across_files(book)
        own = apply_own_rules(tree, documents.portal, documents.accepted)
        documents.problems += own.problems
        # After every rule: an acknowledgement is judged by the warnings that there are.
        problems = acknowledge(book, documents.problems, own.warnings)
    # Warnings do not stop a run; `validate --strict` gives them an exit code of their own.
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    notes = [problem for problem in problems if problem.severity is Severity.NOTE]
    findings = to_desired.findings([*documents.problems, *notes])
    desired = (
        to_desired.state(*documents.portal, customers, own.digests, findings)
        if documents.portal and not failed
        else None
    )
    counts = Counts(
        documents.files, len(customers), sum(len(c.contacts) for c in customers.values())
    )
    return DocumentsResult(desired, _sorted_problems(problems), counts)


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
