"""All rules of a tree: read from their files, and applied to what our own schema accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from reconciler.documents.own_rules.evaluation import Evaluator, TooSlow
from reconciler.documents.own_rules.rule_files import TOO_SLOW, OwnRule, read_rule
from reconciler.documents.positions import Path
from reconciler.documents.validation import MAX_PROBLEMS, Source
from reconciler.model.files import SourceFile
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

# The list in `portal.yaml`, and the rule id of problems with its items.
FIELD: Final = "rules"
# A document that our own schema accepts: its kind, and its source.
Accepted = tuple[str, Source]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules that can be evaluated, sorted by id, and the problems of all other files."""

    rules: tuple[OwnRule, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that an apply records, sorted."""
        return tuple(sorted(rule.digest for rule in self.rules))


def read_rulebook(files: Iterable[SourceFile], portal: Source | None) -> Rulebook:
    """Return the rules of the files; a file that was not read is a problem where `portal.yaml`
    lists it.
    """
    evaluator = Evaluator()
    rules: dict[str, OwnRule] = {}
    problems: list[Problem] = []
    for file in sorted(
        # Two globs may name one file.
        {file.path: file for file in files}.values(),
        key=lambda file: file.path,
    ):
        rule = read_rule(file, evaluator) if file.rule is None else [_unread(file, portal)]
        if isinstance(rule, list):
            problems += rule
        elif (first := rules.setdefault(rule.id, rule)) is not rule:
            problems.append(_twice(rule, first))
    return Rulebook(tuple(rules[id] for id in sorted(rules)), tuple(problems))


def evaluate_documents(
    rules: Iterable[OwnRule], documents: Iterable[Accepted]
) -> Iterator[Problem]:
    """Yield the problems that the rules find. A rule that is too slow for one document is not
    applied to later ones.
    """
    evaluator = Evaluator()
    active_rules = list(rules)
    for kind, source in documents:
        for rule in [rule for rule in active_rules if kind in rule.applies_to]:
            try:
                places = evaluator.findings(
                    rule.schema, rule.references, source.composed.value
                )
            except TooSlow:
                # Otherwise each of 10,000 documents would cost the whole budget.
                active_rules.remove(rule)
                yield _too_slow(rule, source)
            else:
                yield from _findings(rule, source, places)


def _findings(rule: OwnRule, source: Source, places: list[Path]) -> Iterator[Problem]:
    for at in places[:MAX_PROBLEMS]:
        span = source.span(at)
        yield source.problem(
            rule.id, span, rule.title, at=at, hint=rule.hint, severity=rule.severity
        )
    if len(places) > MAX_PROBLEMS:
        message = f"{len(places) - MAX_PROBLEMS} more findings of {rule.id}"
        span = source.span(places[MAX_PROBLEMS])
        yield source.problem(
            RuleId.MORE_PROBLEMS, span, message, hint="fix the ones above first"
        )


def _too_slow(rule: OwnRule, source: Source) -> Problem:
    message = f"{rule.id} takes more than 20 ms for {source.path}"
    hint = "simplify the schema: fewer nested alternatives, shorter patterns"
    return rule.source.problem(TOO_SLOW, rule.place, message, at=("x-id",), hint=hint)


def _twice(rule: OwnRule, first: OwnRule) -> Problem:
    message = f"'{rule.id}' is already the id of the rule in {first.source.path}"
    hint = "give each rule its own id"
    return rule.source.problem(
        RuleId.RULE_MEMBER, rule.place, message, at=("x-id",), hint=hint
    )


def _unread(file: SourceFile, portal: Source | None) -> Problem:
    """Return the problem of a file or pattern that could not be read, at its place in the list or
    else at the file.
    """
    rule, message = file.rule or FIELD, file.message or "cannot be read"
    paths = (
        portal.composed.value.get(FIELD)
        if portal and isinstance(portal.composed.value, dict)
        else None
    )
    if portal and isinstance(paths, list) and file.path in paths:
        at: Path = (FIELD, paths.index(file.path))
        return portal.problem(rule, portal.span(at), message, at=at, hint=file.hint)
    return Problem(rule, Severity.ERROR, file.path, 1, 1, message, hint=file.hint)


def with_pending_reason(problem: Problem) -> Problem:
    """Return a finding of the rule last applied, with the reason why the rule still applies."""
    reason = "the rule was changed or deleted, but applies until the next run applies that change"
    return replace(problem, hint=f"{problem.hint}; {reason}" if problem.hint else reason)
