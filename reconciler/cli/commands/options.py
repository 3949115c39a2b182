"""Options that several commands have."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from reconciler.adapters.connection import Budget
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, told_time
from reconciler.model.errors import FilesUnreadable
from reconciler.model.plan import Permissions
from reconciler.model.problems import Counts
from reconciler.reports.problems import problems_text

_COUNT = click.IntRange(min=0)


def with_permissions(command: Callable[..., Any]) -> Callable[..., Any]:
    """The three options by which a safeguard is lifted."""
    for option in (
        click.option("--allow-rollback", is_flag=True, help="Go back to an older commit on purpose."),
        click.option("--allow-mails", type=_COUNT, metavar="N", help="Exactly so many mails may be sent."),
        click.option("--allow-removals", type=_COUNT, metavar="N", help="Exactly so many people may lose access or power."),
    ):  # fmt: skip
        command = option(command)
    return command


def permissions_of(given: dict[str, Any]) -> Permissions:
    """The permissions among a command's arguments, taken out of them."""
    return Permissions(given.pop("allow_removals"), given.pop("allow_mails"), given.pop("allow_rollback"))


@contextmanager
def showing_problems(settings: Settings) -> Iterator[None]:
    """What is wrong with the files is shown in full before the failure goes on its way."""
    try:
        yield
    except FilesUnreadable as error:
        if error.problems:
            click.echo(problems_text(error.problems, Counts(), style_of(settings)), err=True, nl=False)
        raise


@contextmanager
def timed(settings: Settings, budget: Budget) -> Iterator[None]:
    """How long it took and how often the portal was asked, for whoever wants to know."""
    began = time.monotonic()
    yield
    told_time(settings, f"{budget.requests} requests in {time.monotonic() - began:.2f} s")


@contextmanager
def rare_collections() -> Iterator[None]:
    """Run the garbage collector rarely while the block runs: a book is a million small values without a cycle.

    Only for a command that ends soon: a server would collect its garbage too late.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def page(text: str) -> None:
    """A result that ends in a line break."""
    show(text if text.endswith("\n") else text + "\n")
