"""The provider's own rules of a tree: found by `portal.yaml`, read, and applied to its documents.

`own_rules` is imported only where there are rules: it needs jsonschema, which takes 0.1 s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.documents.layout import PORTAL
from reconciler.documents.portal_document import Portal
from reconciler.documents.positions import DocumentError, Path
from reconciler.documents.source_text import decode
from reconciler.documents.strict_yaml import compose
from reconciler.documents.validation import Source
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule
    from reconciler.documents.own_rules.rulebook import Accepted, Rulebook


@dataclass(frozen=True, slots=True)
class OwnFindings:
    """The findings of the provider's own rules.

    `digests`: those that an apply records. `problems`: of the rules' files and of the documents.
    `warnings`: ids of the rules that warn; None if a rule could not be read.
    """

    digests: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: frozenset[str] | None = frozenset()


def apply_own_rules(
    tree: Tree, portal: tuple[Portal, Source] | None, accepted: Iterable[Accepted]
) -> OwnFindings:
    """Return what the rules of the tree find in the documents that our own schema accepts."""
    if not tree.own_rules:
        if portal and portal[0].rules:
            return OwnFindings(problems=(_nothing_read(portal[1]),), warnings=None)
        return OwnFindings(warnings=frozenset() if portal else None)
    from reconciler.documents.own_rules.rulebook import evaluate_documents  # noqa: PLC0415

    book = read_rules(tree.own_rules, portal[1] if portal else portal_source(tree))
    warning_ids = frozenset(
        rule.id for rule in book.rules if rule.severity is Severity.WARNING
    )
    is_complete = all(problem.severity is not Severity.ERROR for problem in book.problems)
    return OwnFindings(
        book.digests,
        (*book.problems, *evaluate_documents(book.rules, accepted)),
        warning_ids if is_complete else None,
    )


def _nothing_read(portal: Source) -> Problem:
    at: Path = ("rules",)
    return portal.problem(
        RuleId.RULES,
        portal.span(at),
        "no rule file was read",
        at=at,
        hint="check the paths",
    )


def rule_patterns(tree: Tree) -> tuple[str, ...]:
    """Return the paths and globs under `rules:` in `portal.yaml`; none when the file cannot be
    read.
    """
    source = portal_source(tree)
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
    return read_rules(tree.own_rules, portal_source(tree)).rules


def read_rules(files: Iterable[SourceFile], portal: Source | None) -> Rulebook:
    """Return the rules of these files; `portal` is the file that lists them, if it can be read."""
    from reconciler.documents.own_rules.rulebook import read_rulebook  # noqa: PLC0415

    return read_rulebook(files, portal)


def portal_source(tree: Tree) -> Source | None:
    """Return `portal.yaml` of the tree, composed and not validated; None if that fails."""
    for file in tree.files:
        if file.path == PORTAL and file.content is not None:
            try:
                text = decode(file.content)
                return Source(PORTAL, tuple(text.split("\n")), compose(text))
            except DocumentError:
                return None
    return None
