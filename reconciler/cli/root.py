"""The root of the files: the nearest folder upwards with `portal.yaml`, within safe bounds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from reconciler.cli.output import Display, say

PORTAL: Final = "portal.yaml"


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards with `portal.yaml`; `start` if there is none.

    The search ends at the top folder of a git repository, at the home folder, and at a folder of
    another user: a file above these must not decide what is applied.
    """
    try:
        folder = start.resolve()
        owner, home = folder.stat().st_uid, Path.home().resolve()
        for candidate in (folder, *folder.parents):
            if candidate.stat().st_uid != owner:
                break
            if (candidate / PORTAL).exists():
                return (
                    start
                    if candidate == folder
                    else Path(os.path.relpath(candidate, folder))
                )
            if candidate == home or (candidate / ".git").exists():
                break
    except (OSError, RuntimeError):  # a folder that cannot be read, or no home folder
        pass
    return start


def say_root(display: Display, root: Path) -> None:
    """Tell which folder is used, if it is not the current one."""
    if root != Path():
        say(display, f"using {PORTAL} in {root}")
