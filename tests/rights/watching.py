"""A run against a real portal, watched: everybody's rights in the database before and after each
batch.

Between the plan and a batch an administrator may act, a batch may be left without an answer, and
the run may be killed. Only what changes while a batch is carried out is the run's doing.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from reconciler.adapters.writer import PortalWriter
from reconciler.model.changes import Change
from reconciler.model.desired import DesiredState
from reconciler.model.errors import OutcomeUnknown, ReconcilerError, Unreachable
from reconciler.model.files import Tree
from reconciler.model.plan import Expects, Plan
from reconciler.model.portal import Committed, Lease, RunMark
from reconciler.usecases.apply import Callbacks, apply_folder
from reconciler.usecases.checkout import Folder
from reconciler.usecases.request_executor import ApplyOptions
from tests.builders import OWNER
from tests.rights.courses import plan_exactly
from tests.rights.laws import differences
from tests.rights.names import Names
from tests.rights.oracle import RightsById, rights_in_database
from tests.runs.world import World

_NAMES = """
SELECT contacts.id, contacts.protected,
       CASE WHEN customers.owner = :owner THEN customers.external_key ELSE customers.name END
       || '/' ||
       CASE WHEN contacts.owner = :owner THEN contacts.external_key ELSE contacts.email END
FROM contacts JOIN customers ON customers.id = contacts.customer
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The portal's database at one moment: people's rights, names, protection; services' keys."""

    rights: RightsById
    names: Mapping[str, str]
    protected: frozenset[str]
    codes: Mapping[str, str]


def snapshot(world: World) -> Snapshot:
    """What the world's database holds now."""
    with closing(sqlite3.connect(str(world.store.engine.url.database))) as connection:
        people = connection.execute(_NAMES, {"owner": OWNER}).fetchall()
        codes = dict(connection.execute("SELECT id, code FROM services").fetchall())
        rights = rights_in_database(connection)
    names = {id: name for id, _, name in people}
    return Snapshot(rights, names, frozenset(id for id, protected, _ in people if protected), codes)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls the batch of this number: an edit before it, no answer, or the end of the run.

    `arrives`: whether the portal carries the batch out although no answer comes.
    """

    at: int = 0
    kind: str = "none"
    arrives: bool = False


class Watcher(PortalWriter):
    """A writer that looks at the database before and after each batch."""

    def __init__(self, world: World, trouble: Trouble, act: Callable[[], None]) -> None:
        super().__init__(world.address)
        self.world, self.trouble, self.act = world, trouble, act
        self.steps: list[tuple[Snapshot, Snapshot]] = []
        self.batches = 0
        self.dead = False

    def write_batch(self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects) -> Committed:
        if self.dead:
            raise Unreachable("dead")
        self.batches += 1
        hit = self.batches == self.trouble.at
        if hit:
            self.act()
        before = snapshot(self.world)
        try:
            return (
                self._sent(changes, lease, mark, expects) if hit else super().write_batch(changes, lease, mark, expects)
            )
        finally:
            self.steps.append((before, snapshot(self.world)))

    def _sent(self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects) -> Committed:
        if self.trouble.kind not in {"killed", "unanswered"}:
            return super().write_batch(changes, lease, mark, expects)
        self.dead = self.trouble.kind == "killed"
        if self.trouble.arrives:
            super().write_batch(changes, lease, mark, expects)
        raise OutcomeUnknown("no answer came")

    def give_back(self, lease: Lease) -> None:
        if self.dead:
            raise Unreachable("dead")
        super().give_back(lease)


@dataclass
class Watched:
    """What a run of these files showed and what it did."""

    tree: DesiredState
    shown: list[Plan] = field(default_factory=list)
    steps: list[tuple[Snapshot, Snapshot]] = field(default_factory=list)

    def agree(self, plan: Plan) -> bool:
        """Remember a plan that the run shows, and agree to it."""
        self.shown.append(plan)
        return True

    def broken_laws(self) -> Iterator[str]:
        """Losses that no shown plan names, and losses of protected people."""
        loses: dict[str, set[str]] = defaultdict(set)
        for outcome in (one for plan in self.shown for group in plan.ready for one in group.outcomes):
            loses[outcome.person].update(outcome.loses)
        given: dict[str, set[str]] = defaultdict(set)
        for before, after in self.steps:
            names = self._names(before, after)
            for id, difference in differences(before.rights, after.rights).items():
                # a service that the run itself opened, and took with the person's removal, was never theirs
                lost = difference.lost - given[id]
                given[id].update(difference.gained)
                called = sorted(names.people[id])
                unseen = lost - {names.right(text) for name in called for text in loses[name]}
                if unseen:
                    yield f"{called} loses {names.words(unseen)}, which no plan showed"
                if lost and id in before.protected:
                    yield f"{called} is protected and loses {names.words(lost)}"

    def _names(self, *snapshots: Snapshot) -> Names:
        """What plans for the tree may call people and services."""
        names = Names()
        for snapshot in snapshots:
            for id, name in snapshot.names.items():
                names.people.setdefault(id, set()).add(name)
            for id, code in snapshot.codes.items():
                names.services[code] = id
                names.last_code[id] = code
        names.follow(self.tree)
        return names


def watched_run(
    world: World,
    tree: DesiredState,
    *,
    trouble: Trouble = Trouble(),
    act: Callable[[], None] = lambda: None,
    **scope: Any,
) -> Watched:
    """One run with exactly the permission that its plan needs; whatever comes of it."""
    found = Watched(tree)
    plan = plan_exactly(tree, world.reader.live_state(), scope)
    writer = Watcher(world, trouble, act)
    wish = ApplyOptions("run", "tests", plan.permissions, parallelism=1, **scope)
    voice = Callbacks(found.agree, lambda _: None, lambda: None)
    try:
        apply_folder(Folder(world.files, Tree(()), tree), world.reader, writer, wish, voice)
    except ReconcilerError:
        assert trouble.kind != "none"
    finally:
        writer.close()
        found.steps = writer.steps
    if writer.dead:
        world.forget_leases()
    return found
