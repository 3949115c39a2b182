"""`reconciler apply`."""

from __future__ import annotations

import getpass
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import click

from reconciler.adapters.connection import Budget
from reconciler.adapters.writer import PortalWriter
from reconciler.cli.commands.options import (
    page,
    permissions_of,
    rare_collections,
    showing_problems,
    timed,
    with_permissions,
)
from reconciler.cli.commands.progress import Progress
from reconciler.cli.exit_codes import of_outcome
from reconciler.cli.output import complain, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import Interrupted, Refused, ResultLost, WrongUsage
from reconciler.model.outcome import Fate
from reconciler.model.plan import Permissions, Plan, Review
from reconciler.reports.as_json import read_reviewed
from reconciler.reports.outcome import head_lines, outcome_text
from reconciler.reports.text import plan_text
from reconciler.usecases.apply import Voice, Wish
from reconciler.usecases.apply import apply as carry_out

EPILOG = """\b
Examples:
  reconciler apply                       shows the plan and asks
  reconciler apply --yes                 in a pipeline
  reconciler apply --reviewed plan.json --yes
  reconciler apply --yes --allow-removals 14
"""


_TRIED = (Fate.APPLIED, Fate.STALE, Fate.FAILED, Fate.UNKNOWN, Fate.NOT_TRIED)


class _Shard(click.ParamType[tuple[int, int]]):
    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The part and the number of parts, from `2/4`."""
        part, _, whole = str(value).partition("/")
        if not re.fullmatch("[0-9]{1,9}/[0-9]{1,9}", str(value)) or not 1 <= int(part) <= int(whole):
            self.fail(f"'{value}' is no shard: write I/N, as in 2/4", param, ctx)
        return int(part), int(whole)


@click.command(epilog=EPILOG)
@click.option(
    "--reviewed",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PLAN",
    help="Only what these plans hold; repeatable.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--allow-dirty", is_flag=True, help="Also what is not committed.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="S",
    help="Wait so many seconds for another run.",
)
@click.option("--customer", "customers", multiple=True, metavar="KEY", help="Only this customer; repeatable.")
@click.option("--shard", type=_Shard(), help="Only this part of the customers.")
@click.option(
    "--parallelism",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    metavar="N",
    help="Customers side by side.",
)
@with_permissions
@with_settings
def apply(
    settings: Settings, reviewed: tuple[Path, ...], yes: bool, customers: tuple[str, ...], **given: Any
) -> int:  # fmt: skip
    """Make the portal match the files: each customer in one transaction, nobody's work lost.

    Shows the plan and asks on a terminal; elsewhere it needs --yes.
    """
    if not yes and not sys.stdin.isatty():
        raise WrongUsage("stdin is not a terminal; nothing was changed", "pass --yes to apply without confirmation")
    plans = [_reviewed(path) for path in reviewed]
    permissions = _permissions(permissions_of(given), plans)
    wish = Wish(
        f"run_{secrets.token_hex(6)}", _holder(), permissions, frozenset(customers), given["shard"],
        given["parallelism"], tuple(plans) if plans else None, given["wait_s"], given["allow_dirty"],
    )  # fmt: skip
    budget = Budget()
    progress = Progress(settings)
    with rare_collections(), timed(settings, budget), showing_problems(settings), _signals() as heard:
        voice = Voice(lambda plan: _agreed(settings, plan, yes, progress, heard), progress.tell, lambda: heard.signal)
        reader, writer = settings.reader(budget), PortalWriter(settings.address(), budget)
        try:
            outcome = carry_out(settings.repository(), reader, writer, wish, voice)
        finally:
            progress.close()
    try:
        if not outcome.of(*_TRIED) and not outcome.declined and outcome.left is not None:
            for line in head_lines(outcome) if not outcome.groups else ():
                page(f"{line}\n")
            page(plan_text(outcome.left, style_of(settings)))
        if outcome.groups or outcome.declined:
            page(outcome_text(outcome, style_of(settings)))
    except ResultLost as lost:  # the exit code says all the same what was done
        complain(settings, lost)
    return of_outcome(outcome)


@dataclass(slots=True)
class _Heard:
    """The signal that came while the run was `writing`; one that comes before ends it at once."""

    writing: bool = False
    signal: int | None = None


def _agreed(settings: Settings, plan: Plan, yes: bool, progress: Progress, heard: _Heard) -> bool:
    """Whether to go on, after the plan was shown."""
    if not settings.quiet:
        page(plan_text(plan, style_of(settings)))
    try:
        heard.writing = yes or click.confirm("Apply this plan?", err=True)
    except click.Abort:
        raise Interrupted(_BEFORE, signal.SIGINT) from None
    if heard.signal is not None:  # the interpreter may lose what a handler raises while it prepares to read
        raise Interrupted(_BEFORE, heard.signal)
    if heard.writing:
        progress.begin()
    return heard.writing


def _reviewed(path: Path) -> Review:
    try:
        return read_reviewed(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise WrongUsage(f"the reviewed plan '{path}' cannot be read: {error.strerror}", "check its name") from None
    except UnicodeDecodeError:
        raise Refused(f"'{path}' is no plan: it is not text", "make it with reconciler plan --out") from None


def _permissions(given: Permissions, plans: list[Review]) -> Permissions:
    """What the caller allows; going back to an older commit also when every reviewed plan allows it."""
    rollback = bool(plans) and all(plan.permissions.allow_rollback for plan in plans)
    return replace(given, allow_rollback=given.allow_rollback or rollback)


def _holder() -> str:
    """Who holds the lease, in words for whoever waits for it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return os.environ.get("GITHUB_WORKFLOW_REF") or f"{user} on {socket.gethostname()}"


_BEFORE = "interrupted before anything was sent; nothing was changed"


@contextmanager
def _signals() -> Iterator[_Heard]:
    """What is heard of signals: before the first write they end the run, then the run ends itself."""
    heard = _Heard()

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.signal = heard.signal or number
        if not heard.writing:
            raise Interrupted(_BEFORE, number)

    former = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
