"""`reconciler demo`: the ten-minute tour, on a temporary portal and a copy of the shipped book."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.documents.pipeline import DocumentsResult
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.shipped import demo_book
from reconciler.usecases.apply import Callbacks, apply
from reconciler.usecases.plan import PlanOptions, plan
from reconciler.usecases.portal import commands, seed_demo
from reconciler.usecases.ports import BatchWriter, Connect, OpenTree, StateReader
from reconciler.usecases.request_executor import ApplyOptions
from reconciler.usecases.validate import validate


@dataclass(frozen=True, slots=True)
class Tour:
    """The callbacks that show each stage of the tour."""

    show_start: Callable[[str, Path], None]
    show_validation: Callable[[DocumentsResult], None]
    show_plan: Callable[[Plan], None]
    show_outcome: Callable[[Outcome], None]
    show_last_plan: Callable[[Plan], None]


def demo(folder: Path, tour: Tour, open_tree: OpenTree, connect: Connect) -> Outcome:
    """Walk through one run, from files to a portal that matches them, and return the outcome.

    `folder`: an empty folder, for the copy of the book and the portal's database.
    """
    book = folder / "book"
    copy_book(book)
    database = f"sqlite:///{folder / 'portal.sqlite'}"
    seed_demo(database, open_tree(book), connect)
    with _portal(database, connect) as (url, reader, writer):
        tour.show_start(url, book)
        tour.show_validation(validate(open_tree(book)))
        tour.show_plan(plan(open_tree(book), reader, PlanOptions()))
        options = ApplyOptions(run="run_demo", holder="the demo")
        agreeing = Callbacks(lambda _: True, lambda _: None, lambda: None)
        outcome = apply(open_tree(book), reader, writer, options, agreeing)
        tour.show_outcome(outcome)
        tour.show_last_plan(plan(open_tree(book), reader, PlanOptions()))
    return outcome


def copy_book(book: Path) -> None:
    """Copy the shipped `portal.yaml` and `customers/`."""
    book.mkdir(parents=True)
    shutil.copy2(demo_book() / "portal.yaml", book / "portal.yaml")
    shutil.copytree(demo_book() / "customers", book / "customers")


@contextmanager
def _portal(
    database: str, connect: Connect
) -> Iterator[tuple[str, StateReader, BatchWriter]]:
    token = commands.create_token(database, "apply", "the demo", expires="1")
    with commands.running(database) as url, connect(url, token) as (reader, writer):
        yield url, reader, writer
