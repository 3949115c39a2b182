"""What every case begins with: the desired state of a folder, and the facts around it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reconciler.adapters.tree import ancestors_among, read_tree, read_tree_at
from reconciler.documents.reading import Reading, read_documents
from reconciler.model.desired import DesiredState
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import Tree
from reconciler.model.live import LiveState
from reconciler.model.plan import Facts, Permissions


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was read and is valid."""

    root: Path
    tree: Tree
    desired: DesiredState

    def knows(self, customers: Iterable[str], live: LiveState) -> None:
        """Raises `WrongUsage` for a customer that neither the files nor the portal have: no plan is about it."""
        there = {row.external_key or "" for row in live.customers.values() if row.owner == self.desired.owner}
        known = sorted(there | set(self.desired.customers))
        for key in sorted(set(customers) - set(known)):
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean '{near[0]}'?" if near else "name a customer by its folder"
            raise WrongUsage(f"there is no customer '{key}', neither in the files nor in the portal", hint)

    def facts(self, live: LiveState, permissions: Permissions) -> Facts:
        """What planning must know of the folder's history for this portal."""
        named = {customer.last_commit for customer in live.customers.values() if customer.last_commit}
        ancestors = ancestors_among(self.root, named) if named and self.tree.commit else frozenset[str]()
        return Facts(self.tree.commit, ancestors, permissions)


def look(root: Path) -> Folder:
    """The folder's desired state; `FilesUnreadable` names every problem when there is an error.

    A folder without customers is `Refused`: an empty tree is an accident (a wrong folder, a broken
    checkout), never the wish to remove everybody.
    """
    tree = read_tree(root)
    if not tree.has_customers:
        raise Refused("there is no customers/ folder here, and that is no wish to remove everybody", _HINT)
    desired = _valid(read_documents(tree))
    if not desired.customers:
        raise Refused("no customer is declared here, and that is no wish to remove everybody", _HINT)
    return Folder(root, tree, desired)


_HINT = "run it where portal.yaml is, or name that folder with --root; check that the checkout is whole"


def look_at(root: Path, ref: str) -> DesiredState:
    """The desired state as a commit has it."""
    reading = read_documents(read_tree_at(root, ref))
    if reading.desired is None:
        raise FilesUnreadable(f"the files at '{ref}' are not valid", "compare with a commit whose files are valid")
    return reading.desired


def _valid(reading: Reading) -> DesiredState:
    if reading.desired is None:
        raise FilesUnreadable("the files are not valid; nothing was changed", problems=reading.problems)
    return reading.desired
