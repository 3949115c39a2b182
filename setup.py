"""Lays the shipped files into the wheel; all else about the package stands in pyproject.toml.

`portal.yaml`, `customers/` and `schemas/` live once, at the top level, where people read and edit
them. An installed `reconciler demo` needs them too: `reconciler/shipped.py` finds them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
SHIPPED = ("portal.yaml", "customers", "schemas")


class BuildWithShippedFiles(build_py):
    """The ordinary build, and a copy of the shipped files under `reconciler/_shipped/`."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "reconciler", "_shipped")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in SHIPPED:
            source = HERE / name
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            elif source.is_file():
                shutil.copy2(source, target / name)


setup(cmdclass={"build_py": BuildWithShippedFiles})
