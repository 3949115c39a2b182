"""The versions of the formats that the program speaks, and the form of commits in messages."""

from __future__ import annotations

from typing import Final

# `schema_version` in portal.yaml.
FILES_VERSION: Final = 1
# `schema_version` in what `--format json` prints, and in a reviewed plan.
JSON_VERSION: Final = 1
# The part of the portal's URL before each path.
API_VERSION: Final = "v1"
# So many digits of a commit's id stand in messages.
_SHOWN_DIGITS: Final = 12


def short_commit(commit: str) -> str:
    """Return the first digits of a commit's id."""
    return commit[:_SHOWN_DIGITS]
