"""Options and examples that the commands of the reference portal share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from reconciler.cli.commands.progress import Progress
from reconciler.cli.settings import Settings

OPENING = "opening the database"
# Of the group. Each command has examples of its own.
EPILOG = """\b
Examples:
  reconciler portal seed  --database sqlite:///portal.sqlite
  reconciler portal token --database sqlite:///portal.sqlite --scope apply
  reconciler portal tokens --database sqlite:///portal.sqlite
  reconciler portal serve --database sqlite:///portal.sqlite --port 8000
  reconciler portal backup --database sqlite:///portal.sqlite --out portal.zip
  reconciler portal verify --database sqlite:///portal.sqlite
  reconciler portal invite --database sqlite:///portal.sqlite --name "Ada Quist" --email a@b.example
"""


def examples(*lines: str) -> str:
    """Return the end of a command's help: calls to copy."""
    return "\n".join(
        ["\b", "Examples:", *(f"  reconciler portal {line}" for line in lines)]
    )


@contextmanager
def telling(text: str) -> Iterator[None]:
    """Show the text when the block takes a second: a database may be far away, or large."""
    with Progress(Settings()) as progress, progress.stage(text):
        yield


DATABASE = click.option(
    "--database",
    default="sqlite:///portal.sqlite",
    show_default=True,
    metavar="URL",
    envvar="RECONCILER_PORTAL_DATABASE",
    show_envvar=True,
    help="sqlite:///FILE or postgresql://…",
)
FILES = click.option(
    "--files",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    envvar="RECONCILER_PORTAL_FILES",
    show_envvar=True,
    help="The folder of the portal's files. Required with PostgreSQL; by default beside the "
    "SQLite file.",
)
