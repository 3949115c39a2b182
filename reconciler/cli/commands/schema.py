"""`reconciler schema`."""

from __future__ import annotations

import click

from reconciler.cli.exit_codes import DONE, PENDING
from reconciler.cli.output import show
from reconciler.cli.settings import Settings, with_settings
from reconciler.usecases.schema import differing, write

EPILOG = """\b
Examples:
  reconciler schema            writes schemas/ beside portal.yaml
  reconciler schema --check    exit 2 when one would change
"""


@click.command(epilog=EPILOG)
@click.option("--check", is_flag=True, help="Only report what would change.")
@with_settings
def schema(settings: Settings, check: bool) -> int:
    """Write the JSON Schemas of the files into schemas/, for completion and hover texts in
    editors.
    """
    if check:
        folder = settings.repository().root / "schemas"
        names = differing(folder)
        show(
            "".join(f"{name} would change\n" for name in names)
            or "the schemas are up to date\n"
        )
        return PENDING if names else DONE
    folder = settings.root_to_write() / "schemas"
    folder.mkdir(exist_ok=True)
    show(
        "".join(f"wrote {name}\n" for name in write(folder))
        or "the schemas are up to date\n"
    )
    return DONE
