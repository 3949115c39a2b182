"""`reconciler demo`: the ten-minute tour, on a portal and a copy of the shipped book of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.documents.pipeline import Reading
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.shipped import demo_book
from reconciler.usecases.apply import Voice, apply
from reconciler.usecases.apply import Wish as ApplyWish
from reconciler.usecases.plan import Wish as PlanWish
from reconciler.usecases.plan import plan
from reconciler.usecases.portal import commands, tell_demo
from reconciler.usecases.ports import BatchWriter, Connect, OpenTree, StateReader
from reconciler.usecases.validate import validate


@dataclass(frozen=True, slots=True)
class Tour:
    """How each stage of the tour is shown."""

    begun: Callable[[str, Path], None]
    validated: Callable[[Reading], None]
    planned: Callable[[Plan], None]
    applied: Callable[[Outcome], None]
    planned_again: Callable[[Plan], None]


def demo(folder: Path, tour: Tour, open_tree: OpenTree, connect: Connect) -> Outcome:
    """Walk through one run, from files to a portal that matches them; what came of it.

    `folder`: an empty one; the book is copied there, and the portal's database is made there.
    """
    book = folder / "book"
    copy_book(book)
    database = f"sqlite:///{folder / 'portal.sqlite'}"
    tell_demo(database, open_tree(book), connect)
    with _portal(database, connect) as (url, reader, writer):
        tour.begun(url, book)
        tour.validated(validate(open_tree(book)))
        tour.planned(plan(open_tree(book), reader, PlanWish()))
        wish = ApplyWish(run="run_demo", holder="the demo")
        agreeing = Voice(lambda _: True, lambda _: None, lambda: None)
        outcome = apply(open_tree(book), reader, writer, wish, agreeing)
        tour.applied(outcome)
        tour.planned_again(plan(open_tree(book), reader, PlanWish()))
    return outcome


def copy_book(book: Path) -> None:
    """The shipped `portal.yaml` and `customers/`, to look at and to change."""
    book.mkdir(parents=True)
    shutil.copy2(demo_book() / "portal.yaml", book / "portal.yaml")
    shutil.copytree(demo_book() / "customers", book / "customers")


@contextmanager
def _portal(database: str, connect: Connect) -> Iterator[tuple[str, StateReader, BatchWriter]]:
    token = commands.create_token(database, "apply", "the demo", expires="1")
    with commands.running(database) as url, connect(url, token) as (reader, writer):
        yield url, reader, writer
