"""The texts of `reconciler help TOPIC`, of `--version` and of the end of `--help`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reconciler.model.formats import API_VERSION, FILES_VERSION, JSON_VERSION

# SPEC part 6: the code, whether anything was written, and its meaning.
EXIT_CODES: Final = (
    ("0", "as planned", "done, or nothing to do"),
    ("1", "unknown", "a bug in the program"),
    ("2", "no", "changes are pending (--detailed-exitcode, --check)"),
    ("3", "no", "the files are not valid, or cannot be read"),
    ("4", "only other groups", "a safeguard refused the plan or a part of it"),
    ("5", "only other groups", "stale, in conflict, or another run holds the lease"),
    (
        "6",
        "no",
        "the portal is unreachable, or its answer was incomplete or not understood",
    ),
    (
        "7",
        "yes",
        "a write failed, its outcome is unknown, or the last look failed: run it again",
    ),
    ("8", "no", "the token is invalid or has no permission"),
    ("64", "no", "wrong usage"),
    ("130, 143", "see last line", "interrupted"),
)
ENVIRONMENT: Final = (
    ("RECONCILER_PORTAL_URL", "the portal; https only, except on this machine"),
    ("RECONCILER_PORTAL_TOKEN", "the token for it; never a flag"),
    ("NO_COLOR", "disable colors; it wins over the next two"),
    ("FORCE_COLOR", "color what is not shown on a terminal; so does CLICOLOR_FORCE"),
)
_PORTAL_ENVIRONMENT: Final = (
    ("RECONCILER_PORTAL_DATABASE", "the database of reconciler portal …"),
    ("RECONCILER_PORTAL_FILES", "the folder of its files"),
    ("RECONCILER_PORTAL_SMTP_PASSWORD", "the password for the mail server"),
    ("RECONCILER_PORTAL_OIDC_SECRET", "the secret of the OpenID client"),
)
FORMATS: Final = (
    ("files", f"schema_version {FILES_VERSION} of portal.yaml, customers/ and rules/"),
    ("JSON", f"schema_version {JSON_VERSION} of problems, plans, drift and outcomes"),
    ("API", f"/api/{API_VERSION} of the portal"),
)


def table(rows: tuple[tuple[str, ...], ...], indent: str = "") -> str:
    """Return the rows as lines whose columns are aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(f"{indent}{line.rstrip()}\n" for line in lines)


def _exit_codes() -> str:
    head = ("code", "written?", "means")
    order = "7 after any write that failed; else the first of 8 6 3 4 5 2 0."
    return (
        f"{table((head, *EXIT_CODES))}\nSeveral reasons: a signal first; then {order}\n"
        "Every output format gives the same code.\n"
    )


def _environment() -> str:
    return table((*ENVIRONMENT, *_PORTAL_ENVIRONMENT)) + (
        "\nA flag wins over a variable. Nothing is read from the folder that is reconciled.\n"
    )


def _formats() -> str:
    return table(FORMATS) + (
        "\nThe schemas of the files: reconciler schema. More members may come to JSON without a "
        "new version.\n"
    )


TOPICS: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "exit-codes": ("what the exit codes mean", _exit_codes),
    "environment": ("the variables that the program reads", _environment),
    "formats": ("the versions of files, JSON and API that it speaks", _formats),
}
