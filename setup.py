"""Copies `schemas/` into the wheel; everything else about the package is in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class BuildWithSchemas(build_py):
    """The ordinary build, and a copy of the schemas under `reconciler/_shipped/`."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "reconciler", "_shipped", "schemas")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(HERE / "schemas", target, ignore=shutil.ignore_patterns("__pycache__", ".*"))


setup(cmdclass={"build_py": BuildWithSchemas})
