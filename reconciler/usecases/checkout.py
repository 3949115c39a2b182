"""The start of every use case: the desired state of a folder, and the facts around it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.documents.layout import PORTAL
from reconciler.documents.pipeline import (
    DocumentsResult,
    LastApplied,
    check_last_applied,
    read_documents,
)
from reconciler.documents.tree_rules import rule_patterns
from reconciler.model.desired import DesiredSettings, DesiredState, Place
from reconciler.model.errors import FilesUnreadable, ReconcilerError, Refused, WrongUsage
from reconciler.model.files import Tree
from reconciler.model.live import Applied, LiveState
from reconciler.model.plan import Facts, Permissions
from reconciler.model.problems import Severity
from reconciler.usecases.ports import FileTree, Stage, silent_stage


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files were read and are valid."""

    files: FileTree
    tree: Tree
    desired: DesiredState

    def require_customers(self, customers: Iterable[str], live: LiveState) -> None:
        """Raise `WrongUsage` for a customer that neither the files nor the portal have."""
        live_keys = {
            row.external_key or ""
            for row in live.customers.values()
            if row.owner == self.desired.owner
        }
        keys = sorted(live_keys | set(self.desired.customers))
        for key in sorted(set(customers) - set(keys)):
            near = difflib.get_close_matches(key, keys, 1)
            hint = (
                f"did you mean '{near[0]}'?"
                if near
                else "pass the name of a customer's folder"
            )
            raise WrongUsage(f"no customer '{key}' in the files or in the portal", hint)

    def facts(self, live: LiveState, permissions: Permissions) -> Facts:
        """Return the facts about the folder's history that planning needs for this portal."""
        commits = {
            customer.last_commit
            for customer in live.customers.values()
            if customer.last_commit
        }
        commits |= set(live.settings.last_commits.values())
        ancestors = self.files.ancestors_among(commits)
        settings = live.settings
        # Another owner's rules judge that owner's files.
        base = settings.applied if settings.owner == self.desired.owner else None
        last = self._last_rules(base)
        errors = tuple(
            problem for problem in last.problems if problem.severity is Severity.ERROR
        )
        rules_commit = {base.commit} if base and base.commit else set()
        # Asked for seldom, and by a caller who names a commit.
        former = permissions.allow_rollback
        replaced = (
            self.files.replaced_among((commits | rules_commit) - ancestors, former)
            if former
            else frozenset()
        )
        dirty = self.tree.commit is not None and bool(self.tree.dirty)
        facts = Facts(
            self.tree.commit, ancestors, permissions, dirty=dirty, replaced_commits=replaced
        )
        return replace(facts, last_rules=errors, lost_rules=last.missing_digests)

    def _last_rules(self, base: Applied | None) -> LastApplied:
        """Return the own rules that were applied last and changed since; they apply until the next
        run.
        """
        remembered = base.fields.get("rules") if base else None
        if not isinstance(remembered, tuple) or base is None:
            return LastApplied()
        today = self.desired.settings.fields.get("rules")
        # The usual case, decided without git: no rule was changed or dropped.
        if isinstance(today, tuple) and set(remembered) <= set(today):
            return LastApplied()
        try:
            commit = base.commit or ""
            applied = self.files.matching_at(
                commit, rule_patterns(self.files.tree_at(commit))
            )
        except ReconcilerError:
            # Applied outside of git, a shallow clone, or a rewritten history: the digests are
            # reported as missing, which a plan refuses.
            applied = ()
        return check_last_applied(self.tree, remembered, applied)


def check_out(files: FileTree, stage: Stage = silent_stage) -> Folder:
    """Return the folder's desired state; `FilesUnreadable` names every problem when there is an
    error.

    A folder without customers is `Refused`: an empty tree is an accident (a wrong folder, an
    incomplete checkout), and must not remove everyone.
    """
    with stage("reading the files"):
        tree = read_files(files)
    if refusal := refusal_of_empty_tree(tree, None):
        raise refusal
    with stage("checking the files") as track:
        desired = _valid(read_documents(tree, track))
    if refusal := refusal_of_empty_tree(tree, desired):
        raise refusal
    return Folder(files, tree, desired)


def check_out_any(files: FileTree, stage: Stage = silent_stage) -> Folder:
    """Return the same for reading alone: a folder without customers, or without any file, manages
    nothing.
    """
    with stage("reading the files"):
        tree = read_files(files)
    desired = DesiredState("", DesiredSettings({}, Place(PORTAL, 1)))
    if tree.files or tree.has_customers:
        with stage("checking the files") as track:
            desired = _valid(read_documents(tree, track))
    # No row of a portal has an empty owner. With one, customers without a folder would be on
    # their way out, and what is in them no longer unmanaged.
    if not desired.customers:
        desired = replace(desired, owner="")
    return Folder(files, tree, desired)


def refusal_of_empty_tree(tree: Tree, desired: DesiredState | None) -> Refused | None:
    """Return the refusal of a tree without customers; `desired` is None while it is not known."""
    if not tree.has_customers:
        return Refused(f"no customers/ folder found; {_REFUSING}", _HINT)
    if desired is not None and not desired.customers:
        return Refused(f"no customer found in customers/; {_REFUSING}", _HINT)
    return None


def check_out_commit(files: FileTree, ref: str) -> DesiredState:
    """Return the desired state at a commit."""
    tree = files.tree_at(ref)
    own_rules = files.matching_at(ref, rule_patterns(tree))
    reading = read_documents(replace(tree, own_rules=own_rules))
    if reading.desired is None:
        hint = "compare with a commit whose files are valid"
        raise FilesUnreadable(f"the files at '{ref}' are not valid", hint)
    return reading.desired


def read_files(files: FileTree) -> Tree:
    """Return the files on the disk with the provider's own rules, which may be dirty like any
    other.
    """
    tree = files.tree()
    patterns = rule_patterns(tree)
    # Rules decide what may be applied, so an uncommitted one counts like an uncommitted
    # document.
    dirty = {*tree.dirty, *files.dirty_among(patterns)}
    return replace(tree, own_rules=files.matching(patterns), dirty=tuple(sorted(dirty)))


_REFUSING = 'refusing to treat an empty tree as "remove everyone"; nothing was changed'
_HINT = "run this where portal.yaml is, or pass --root; check that the checkout is complete"


def _valid(reading: DocumentsResult) -> DesiredState:
    if reading.desired is None:
        raise FilesUnreadable(
            "the files are not valid; nothing was changed", problems=reading.problems
        )
    return reading.desired
