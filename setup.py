"""Compiles the catalogs and copies `schemas/` into the wheel.

Everything else about the package is in pyproject.toml.
"""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


LOCALES = (
    HERE / "reconciler" / "portal" / "i18n" / "locales",
    HERE / "reconciler" / "reports" / "locales",
)


class BuildWithData(build_py):
    """The ordinary build, with compiled catalogs and the schemas under `reconciler/_shipped/`.

    The catalogs are compiled in place: an editable install reads them there.
    """

    def run(self) -> None:
        # by its path: the build sees no package of ours yet
        catalogs = runpy.run_path(str(HERE / "tools" / "catalogs.py"))
        for folder in LOCALES:
            catalogs["compile_catalogs"](folder)
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "reconciler", "_shipped", "schemas")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(
                HERE / "schemas", target, ignore=shutil.ignore_patterns("__pycache__", ".*")
            )


setup(cmdclass={"build_py": BuildWithData})
