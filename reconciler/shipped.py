"""Where the files are that come with the program: the demo's book of customers and the schemas.

One source of truth, two places: in a checkout it is the top level; in an installed wheel the build
has laid the same `portal.yaml`, `customers/` and `schemas/` under `reconciler/_shipped/`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped() -> Path:
    """The folder that holds `portal.yaml`, `customers/` and `schemas/`; to be read, never written."""
    package = Path(str(files("reconciler")))
    packed = package / "_shipped"
    return packed if packed.is_dir() else package.parent
