"""Commits that this tree does not descend from: an old job, a branch, or a rewritten history.

The commit that a customer was last applied from protects it from older files. A history that was
rewritten, squashed or filtered looks the same. A caller who names the old commit lifts the rule,
and one change for each row writes the new commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind, Target
from reconciler.model.formats import short_commit
from reconciler.model.plan import Facts, Warning
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, sentence
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.index import Index
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems

_STAYING: Final = frozenset({MatchKind.SAME, MatchKind.RENAMED})


def is_older(last: str | None, facts: Facts) -> bool:
    """Return whether the rule against older files holds back a row that was last applied from
    `last`.
    """
    return _is_unrelated(last, facts) and not is_lifted(last, facts)


def is_lifted(last: str | None, facts: Facts) -> bool:
    """Return whether the caller allows going on from files that were last applied from `last`."""
    former = facts.permissions.allow_rollback
    if former is None or last is None:
        return False
    return last.startswith(former) or last in facts.replaced_commits


def history_items(
    contexts: Iterable[CustomerContext],
    changes: Iterable[Change],
    index: Index,
    facts: Facts,
) -> PlanItems:
    """Yield a change for each row that continues from this tree's commit, and a warning for the
    rows whose next change will be refused.
    """
    # Without git, no commit will ever continue another one.
    if facts.commit is None:
        return
    with_changes = {
        change.customer if change.object in _OF_CUSTOMERS else None
        for change in changes
        if change.kind is not Kind.RECORD
    }
    unrelated: dict[str, list[str]] = defaultdict(list)
    for key, last, target in _rows(contexts, index):
        if not _is_unrelated(last, facts):
            continue
        if is_lifted(last, facts):
            yield _rebase(key, last, facts.commit, target)
        # A refusal says it otherwise.
        elif key not in with_changes:
            unrelated[last].append(key or "portal.yaml")
    for last, names in sorted(unrelated.items()):
        message = sentence(
            "warning",
            "the next change will be refused for {names}: last applied from commit {former}, "
            "which {commit} does not descend from",
            names=Listing(tuple(sorted(names))),
            former=short_commit(last),
            commit=short_commit(facts.commit),
        )
        yield Warning(RuleId.OLDER_COMMIT, message, hint=unrelated_hint(last))


_OF_CUSTOMERS: Final = frozenset({ObjectKind.CUSTOMER, ObjectKind.CONTACT})


def unrelated_hint(last: str) -> Sentence:
    """Return what to do about a commit that this tree does not descend from."""
    return sentence(
        "hint",
        "an old job: do not run it again; a branch: merge the newer commits; a shallow clone: set "
        "fetch-depth: 0; a history that was rewritten, squashed or filtered: apply once with "
        "{option}",
        option=f"--allow-rollback={short_commit(last)}",
    )


def _rows(
    contexts: Iterable[CustomerContext], index: Index
) -> Iterator[tuple[str | None, str, Target]]:
    """Yield key, last commit and target of each row of ours that has a last commit."""
    for context in contexts:
        row = context.customer.live
        if (
            row is not None
            and row.last_commit is not None
            and index.manages(row)
            and context.customer.kind in _STAYING
            and not context.is_released
        ):
            yield (
                context.key,
                row.last_commit,
                Target(row.id, row.version, row.id, row.life),
            )
    settings = index.live.settings
    last = settings.last_commits.get(index.owner)
    # The commit of our services is stored there too, but another owner's settings are not ours.
    if last is not None and index.manages(settings):
        yield None, last, Target(settings.id, settings.version)


def _rebase(key: str | None, last: str, commit: str, target: Target) -> Change:
    message = sentence(
        "change",
        "the history of {object} continues at commit {commit}; last applied from {former}",
        object=key or sentence("subject", "the settings"),
        commit=short_commit(commit),
        former=short_commit(last),
    )
    return Change(
        Kind.REBASE_HISTORY,
        ObjectKind.SETTINGS if key is None else ObjectKind.CUSTOMER,
        key,
        None,
        message,
        target=target,
        # The former commit is part of the id. The new one is not: a merge may bring another.
        previous_key=last,
    )


def _is_unrelated(last: str | None, facts: Facts) -> bool:
    return last is not None and last not in facts.ancestors
