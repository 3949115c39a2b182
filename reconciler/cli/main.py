"""The command line: the table of commands, and the mapping from errors to exit codes."""

from __future__ import annotations

import signal
import sys
import traceback
from importlib.metadata import version
from types import FrameType
from typing import Any

import click

from reconciler.cli.exit_codes import SIGNAL, WRONG_USAGE, of_error
from reconciler.cli.help_topics import ENVIRONMENT, FORMATS, table
from reconciler.cli.lazy_group import LazyGroup
from reconciler.cli.output import (
    ReaderGone,
    complain,
    discard_stdout,
    show_aside,
    use_utf8,
)
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import Interrupted, ReconcilerError, WrongUsage

_PACKAGE = "reconciler.cli.commands"
COMMANDS = {
    "validate": (f"{_PACKAGE}.validate:validate", "Validate the files; needs no network."),
    "plan": (f"{_PACKAGE}.plan:plan", "Show the changes an apply would make. Read-only."),
    "apply": (f"{_PACKAGE}.apply:apply", "Make the portal match the files."),
    "drift": (f"{_PACKAGE}.drift:drift", "Show what was edited in the portal."),
    "schema": (f"{_PACKAGE}.schema:schema", "Write the JSON Schemas for editors."),
    "explain": (f"{_PACKAGE}.explain:explain", "Explain a rule."),
    "doctor": (
        f"{_PACKAGE}.doctor:doctor",
        "Check that everything a run needs is available.",
    ),
    "demo": (f"{_PACKAGE}.demo:demo", "Take the ten-minute tour on a temporary portal."),
    "portal": (f"{_PACKAGE}.portal:portal", "Serve the reference portal."),
    "help": (f"{_PACKAGE}.help:help_command", "Show a topic, such as exit-codes."),
    "completion": (
        f"{_PACKAGE}.completion:completion",
        "Print the completion script of a shell.",
    ),
}
EPILOG = f"""\b
Environment:
{table(ENVIRONMENT, "  ")}
\b
Exit codes (reconciler help exit-codes):
  0 done  2 pending  3 files invalid  4 refused by a safeguard  5 stale or conflict
  6 portal unreachable  7 a write failed  8 not allowed  64 wrong usage  130, 143 interrupted

\b
Examples:
  reconciler demo
  reconciler validate
  reconciler plan --since origin/main
  reconciler apply --yes
"""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Customers and contacts of a translation company's portal, as files in git.",
)
@click.version_option(
    version("portal-reconciler"),
    prog_name="reconciler",
    message=f"%(prog)s, version %(version)s\n{table(FORMATS).rstrip()}",
)
@with_settings
def cli(_settings: Settings) -> None:
    """Take the options that all commands share."""


def main() -> None:
    """Run the command line and exit with its exit code."""
    use_utf8()
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = _run(sys.argv[1:])
    except ReaderGone:
        discard_stdout()
        code = SIGNAL + signal.SIGPIPE
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    settings = Settings(
        log_format="json"
        # Read by hand: an error in the arguments must be reported before click has parsed
        # them.
        if "--log-format=json" in " ".join(arguments).replace("format json", "format=json")
        else "text",
        debug="--debug" in arguments,
    )
    try:
        result = cli.main(arguments, prog_name="reconciler", standalone_mode=False)
    except ReconcilerError as error:
        if settings.debug:
            # It shows lines of the program and the message, and no values: no token is in it.
            show_aside("".join(traceback.format_exception(error)).rstrip())
        complain(settings, error)
        return of_error(error)
    except click.exceptions.NoArgsIsHelpError as error:
        show_aside(error.format_message())
        return WRONG_USAGE
    except click.UsageError as error:
        complain(settings, _usage(error))
        return WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        return _interrupted(settings, signal.SIGINT)
    except _Terminated:
        return _interrupted(settings, signal.SIGTERM)
    return result if isinstance(result, int) else 0


def _interrupted(settings: Settings, number: int) -> int:
    error = Interrupted("interrupted", number)
    complain(settings, error)
    return of_error(error)


def _usage(error: click.UsageError) -> WrongUsage:
    path = error.ctx.command_path if error.ctx else "reconciler"
    return WrongUsage(error.format_message(), f"see {path} --help")


class _Terminated(BaseException):
    """SIGTERM arrived outside of an apply."""


def _terminated(_number: int, _frame: FrameType | None) -> Any:
    raise _Terminated
