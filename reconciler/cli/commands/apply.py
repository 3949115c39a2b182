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

from reconciler.adapters.repository import Repository
from reconciler.cli.commands.apply_output import Output
from reconciler.cli.commands.apply_progress import ApplyProgress, WatchedWriter
from reconciler.cli.commands.options import (
    CUSTOMERS,
    permissions_of,
    rare_collections,
    running,
    with_permissions,
)
from reconciler.cli.exit_codes import of_outcome
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import Interrupted, Refused, WrongUsage
from reconciler.model.plan import Permissions, Plan, Review
from reconciler.reports.as_json import read_reviewed
from reconciler.usecases.apply import Callbacks
from reconciler.usecases.apply import apply as apply_files
from reconciler.usecases.request_executor import ApplyOptions

EPILOG = """\b
Examples:
  reconciler apply                       shows the plan and asks for confirmation
  reconciler apply --yes                 in a pipeline
  reconciler apply --reviewed plan.json --yes
  reconciler apply --yes --allow-removals 14
  reconciler apply --yes --format json | jq .message
"""


class _Shard(click.ParamType[tuple[int, int]]):
    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The part and the number of parts, from `2/4`."""
        part, _, whole = str(value).partition("/")
        if not re.fullmatch("[0-9]{1,9}/[0-9]{1,9}", str(value)) or not 1 <= int(
            part
        ) <= int(whole):
            self.fail(f"'{value}' is not a shard; write I/N, as in 2/4", param, ctx)
        return int(part), int(whole)


@click.command(epilog=EPILOG)
@click.option(
    "--reviewed",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PLAN",
    help="Apply only changes of these reviewed plans; repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="The output format.",
)
@click.option("--redact", is_flag=True, help="Omit names and shorten addresses; keys stay.")
@click.option("--yes", is_flag=True, help="Apply without confirmation.")
@click.option("--allow-dirty", is_flag=True, help="Apply uncommitted changes too.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="S",
    help="Wait up to S seconds for another run's lease, and for another shard.",
)
@CUSTOMERS
@click.option("--shard", type=_Shard(), help="Apply only this part of the customers.")
@click.option(
    "--parallelism",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    metavar="N",
    help="Number of groups to apply in parallel.",
)
@with_permissions
@with_settings
def apply(
    settings: Settings,
    reviewed: tuple[Path, ...],
    yes: bool,
    customers: tuple[str, ...],
    form: str,
    redact: bool,
    **flags: Any,
) -> int:
    """Make the portal match the files: one transaction per customer, no open work lost.

    Shows the plan and asks for confirmation on a terminal; elsewhere it needs --yes.
    """
    if not yes and not sys.stdin.isatty():
        raise WrongUsage(
            "stdin is not a terminal; nothing was changed",
            "pass --yes to apply without confirmation",
        )
    plans = [_read_review(path) for path in reviewed]
    permissions = _permissions(permissions_of(flags), plans)
    options = ApplyOptions(
        f"run_{secrets.token_hex(6)}",
        _holder(),
        permissions,
        frozenset(customers),
        flags["shard"],
        flags["parallelism"],
        tuple(plans) if plans else None,
        flags["wait_s"],
        flags["allow_dirty"],
    )
    output = Output(settings, form, redact)
    with rare_collections(), _signals() as signals, running(settings) as (progress, budget):
        run_progress = ApplyProgress(progress)
        callbacks = Callbacks(
            lambda plan: _confirm(output, plan, yes, run_progress, signals),
            run_progress.update,
            lambda: signals.signal,
            progress.stage,
        )
        reader = settings.reader(budget)
        writer = WatchedWriter(settings.address(), budget, run_progress)
        files = Repository(settings.root_to_write())
        outcome = apply_files(files, reader, writer, options, callbacks)
    output.show_outcome(outcome)
    return of_outcome(outcome)


@dataclass(slots=True)
class _SignalState:
    """The signal received during the run; before `writing`, a signal ends the run at once."""

    writing: bool = False
    signal: int | None = None


def _confirm(
    output: Output, plan: Plan, yes: bool, progress: ApplyProgress, signals: _SignalState
) -> bool:
    """Return whether to continue, after showing the plan."""
    output.show_plan(plan, asks=not yes)
    try:
        signals.writing = yes or click.confirm("Apply this plan?", err=True)
    except click.Abort:
        raise Interrupted(_BEFORE, signal.SIGINT) from None
    if (
        signals.signal is not None
    ):  # the interpreter can lose a handler's exception while it prepares to read
        raise Interrupted(_BEFORE, signals.signal)
    if signals.writing:
        progress.begin()
    return signals.writing


def _read_review(path: Path) -> Review:
    try:
        return read_reviewed(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise WrongUsage(
            f"the reviewed plan '{path}' cannot be read: {error.strerror}",
            "check the file name",
        ) from None
    except UnicodeDecodeError:
        raise Refused(
            f"'{path}' is not a plan: it is not text",
            "create one with reconciler plan --out",
        ) from None


def _permissions(flags: Permissions, plans: list[Review]) -> Permissions:
    """Return the caller's permissions; a rollback also if all reviewed plans permit the same."""
    rollbacks = {plan.permissions.allow_rollback for plan in plans}
    rollback = rollbacks.pop() if len(rollbacks) == 1 else None
    return replace(flags, allow_rollback=flags.allow_rollback or rollback)


def _holder() -> str:
    """Return the name of the lease's holder, as shown to those who wait for it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return os.environ.get("GITHUB_WORKFLOW_REF") or f"{user} on {socket.gethostname()}"


_BEFORE = "interrupted before anything was sent; nothing was changed"


@contextmanager
def _signals() -> Iterator[_SignalState]:
    """Yield the received signal: before the first write it raises, afterwards the run ends
    itself.
    """
    signals = _SignalState()

    def receive(number: int, _frame: FrameType | None) -> None:
        signals.signal = signals.signal or number
        if not signals.writing:
            raise Interrupted(_BEFORE, number)

    former = {
        number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield signals
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
