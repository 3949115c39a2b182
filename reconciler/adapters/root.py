"""The root of the files: the nearest folder upwards with `portal.yaml`, within safe bounds."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.adapters.source_files import PORTAL


def find_root(start: Path, home: Path) -> Path:
    """Return the nearest folder upwards with `portal.yaml`; `start` if there is none.

    The search ends at the top folder of a git repository, at the home folder, and at a folder of
    another user: a file above these must not decide what is applied.
    """
    try:
        folder, home = start.resolve(), home.resolve()
        owner = folder.stat().st_uid
        for candidate in (folder, *folder.parents):
            if candidate.stat().st_uid != owner:
                break
            if (candidate / PORTAL).exists():
                return (
                    start
                    if candidate == folder
                    else Path(os.path.relpath(candidate, folder))
                )
            # `.git` is a file in a second work tree and in a submodule
            if candidate == home or (candidate / ".git").exists():
                break
    except OSError:  # a folder that cannot be read has no portal.yaml for us
        pass
    return start
