"""`reconciler portal backup`, `restore` and `verify`: archives, and the audit feed's integrity."""

from __future__ import annotations

import re
from pathlib import Path

import click

from reconciler.cli.commands.portal_options import DATABASE, FILES, examples, telling
from reconciler.cli.output import show
from reconciler.model.errors import WrongUsage


@click.command(
    epilog=examples(
        "backup --out portal.zip",
        "backup --database sqlite:///portal.sqlite --out portal.zip",
    )
)
@DATABASE
@FILES
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The new archive.",
)
def backup(database: str, files: Path | None, out: Path) -> int:
    """Write everything in the portal to one archive; servers keep running."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    with telling("writing the archive"):
        report = case.back_up(database, files, out)
    show(report + "\n")
    return 0


@click.command(
    epilog=examples(
        "restore --from portal.zip --database sqlite:///restored.sqlite",
        "restore --from portal.zip --database postgresql:///restored --files restored-files",
        "restore --from portal.zip --database sqlite:///moved.sqlite --keep-tokens",
    )
)
@DATABASE
@FILES
@click.option(
    "--from",
    "archive",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The archive.",
)
@click.option(
    "--keep-tokens",
    is_flag=True,
    help="Keep the backup's tokens valid; by default all are ended.",
)
def restore(database: str, files: Path | None, archive: Path, keep_tokens: bool) -> int:
    """Restore an archive into an empty database, SQLite or PostgreSQL; completely, or not at all.

    Prints what no longer works: links, sign-ups and, without --keep-tokens, every token.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    with telling("restoring the archive"):
        report = case.restore(database, files, archive, keep_tokens=keep_tokens)
    show(report + "\n")
    return 0


@click.command(
    epilog=examples(
        "verify",
        "verify --head HEAD    the head that an earlier verify or apply printed",
    )
)
@DATABASE
@click.option(
    "--head",
    metavar="HASH",
    help="A head recorded earlier; one of the entries must have it.",
)
def verify(database: str, head: str | None) -> int:
    """Compare every entry of the audit feed with its hash; exits with 4 and names the first changed
    entry.

    Without --head, a recomputed chain and missing last entries are not detected.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise WrongUsage(
            f"--head: '{head}' is not a head",
            "pass the 64 hexadecimal digits that `reconciler portal verify` prints",
        )
    with telling("checking the audit feed"):
        report = case.verify(database, head)
    show(report + "\n")
    return 0
