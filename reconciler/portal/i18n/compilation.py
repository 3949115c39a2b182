"""Compilation of `.po` files to `.mo` files.

`setup.py` runs this file by its path before the package can be imported. It imports no module of
the package.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogs(folder: Path, target: Path | None = None) -> list[Path]:
    """Write a `.mo` file for each `.po` file, in the target or beside it; return the files."""
    mo_files = []
    for po in sorted(folder.glob("*.po")):
        with po.open("rb") as file:
            catalog = read_po(file, locale=po.stem, abort_invalid=True)
        # the entry that `catalogs.DIGEST` names: the portal notices a catalog that is stale
        digest = hashlib.sha256(po.read_bytes()).hexdigest()
        catalog.add("digest of the .po file", digest, context="catalog")
        mo = (target or folder) / f"{po.stem}.mo"
        with mo.open("wb") as file:
            # leaves fuzzy translations out: the portal refuses the catalog until they are checked
            write_mo(file, catalog)
        mo_files.append(mo)
    return mo_files
