"""Options that several commands share."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from reconciler.adapters.budget import Budget
from reconciler.cli.commands.completions import complete_customer
from reconciler.cli.commands.progress import Progress
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, report_time
from reconciler.model.errors import FilesUnreadable
from reconciler.model.plan import Permissions
from reconciler.model.problems import Counts
from reconciler.reports.formatting import count_noun
from reconciler.reports.problems import problems_text

CUSTOMERS = click.option(
    "--customer",
    "customers",
    multiple=True,
    metavar="KEY",
    shell_complete=complete_customer,
    help="Only this customer; repeatable.",
)
_COUNT = click.IntRange(min=0)


class _Commit(click.ParamType[str]):
    name = "COMMIT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The id of a commit, or its first digits, in lower case."""
        text = str(value).lower()
        if not re.fullmatch("[0-9a-f]{7,64}", text):
            self.fail(
                f"'{value}' is not a commit; write 7 or more hex digits of its id, as the "
                f"plan shows them",
                param,
                ctx,
            )
        return text


def with_permissions(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the three options that lift a safeguard."""
    for option in (
        click.option(
            "--allow-rollback",
            type=_Commit(),
            metavar="COMMIT",
            help="Allow going on from this commit, which the files do not descend from.",
        ),
        click.option(
            "--allow-mails", type=_COUNT, metavar="N", help="Allow exactly N mails."
        ),
        click.option(
            "--allow-removals",
            type=_COUNT,
            metavar="N",
            help="Allow exactly N people to lose access or power.",
        ),
    ):
        command = option(command)
    return command


def permissions_of(flags: dict[str, Any]) -> Permissions:
    """Return the permissions among a command's arguments and remove them from there."""
    return Permissions(
        flags.pop("allow_removals"), flags.pop("allow_mails"), flags.pop("allow_rollback")
    )


@contextmanager
def showing_problems(settings: Settings) -> Iterator[None]:
    """Show all problems of the files before the error continues."""
    try:
        yield
    except FilesUnreadable as error:
        if error.problems:
            click.echo(
                problems_text(error.problems, Counts(), style_of(settings)),
                err=True,
                nl=False,
            )
        raise


@contextmanager
def running(settings: Settings) -> Iterator[tuple[Progress, Budget]]:
    """Yield the display of a command's progress, and the allowance of its requests.

    Shows the problems of the files before their error continues, and the time under --verbose.
    """
    began = time.monotonic()
    with showing_problems(settings), Progress(settings) as progress:
        budget = settings.budget(progress)
        yield progress, budget
    requests = count_noun(budget.requests, "request")
    report_time(settings, f"{requests} in {time.monotonic() - began:.2f} s")


@contextmanager
def rare_collections() -> Iterator[None]:
    """Run the garbage collector rarely inside the block: a book is a million small values without a
    cycle.

    Only for a short-lived command: a server would collect its garbage too late.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def page(text: str) -> None:
    """Show a result that ends in a line break."""
    show(text if text.endswith("\n") else text + "\n")
