"""The command to type after a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from reconciler.cli.settings import Settings
from reconciler.model.plan import Plan
from reconciler.usecases.plan import PlanOptions


def next_step(
    settings: Settings,
    plan: Plan,
    options: PlanOptions,
    reviewed: Path | None,
    *,
    is_dirty: bool,
) -> str | None:
    """Return a line with the next command; None when there is nothing to do.

    `reviewed`: the file that the plan was written to. The command has the flags of this call, so
    that it does what the plan shows.
    """
    if not any(group.changes for group in plan.ready):
        if not plan.refusals:
            return None
        # Without the numbers of this call: the plan was refused with them.
        again = PlanOptions(options.customers, options.since)
        return f"next: follow the hints, then {_command('plan', settings, again)}"
    if options.since is not None:
        return (
            "next: merge the pull request, then run reconciler apply on the merged branch"
        )
    # An apply refuses files that are not committed.
    before = "commit the files, then " if is_dirty else ""
    return f"next: {before}{_command('apply', settings, options, reviewed)}"


def _command(
    name: str, settings: Settings, options: PlanOptions, reviewed: Path | None = None
) -> str:
    flags = [*_settings_flags(settings), *_plan_flags(options, reviewed)]
    return shlex.join(["reconciler", name, *flags])


def _settings_flags(settings: Settings) -> Iterator[str]:
    """Yield the flags that decide which folder and which portal the command is about."""
    flags = (
        ("--root", settings.root),
        ("--portal-url", settings.portal_url),
        ("--token-file", settings.token_file),
    )
    for name, value in flags:
        if value is not None:
            yield from (name, str(value))


def _plan_flags(options: PlanOptions, reviewed: Path | None) -> Iterator[str]:
    for customer in options.customers:
        yield from ("--customer", customer)
    if options.since is not None:
        yield from ("--since", options.since)
    if reviewed is not None:
        # The file holds the permissions of this call.
        yield from ("--reviewed", str(reviewed))
        return
    permissions = options.permissions
    if permissions.allow_removals is not None:
        yield from ("--allow-removals", str(permissions.allow_removals))
    if permissions.allow_mails is not None:
        yield from ("--allow-mails", str(permissions.allow_mails))
    if permissions.allow_rollback:
        yield f"--allow-rollback={permissions.allow_rollback}"
