"""Real folders and real git repositories for the tests of the tree, with a history of their own clock."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PORTAL = "schema_version: 1\nowner: acme-translations\n"
BOOK = {
    "portal.yaml": PORTAL,
    "customers/acme/customer.yaml": "name: ACME\n",
    "customers/acme/contacts/jane.yaml": "name: Jane\nemail: jane@acme.example\nrole: requester\n",
    "customers/bolt/customer.yaml": "name: Bolt\n",
}


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """The root, with these files in it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


@dataclass(slots=True)
class Checkout:
    """A repository whose commits are a minute apart, whatever the clock says."""

    root: Path
    minutes: int = field(default=0)

    @classmethod
    def made(cls, root: Path, files: Mapping[str, str | bytes] = BOOK, *options: str) -> Checkout:
        """A repository with one commit of these files."""
        root.mkdir(parents=True, exist_ok=True)
        checkout = cls(root)
        checkout.git("init", "--quiet", "--initial-branch=main", *options)
        write(root, files)
        checkout.commit()
        return checkout

    def git(self, *arguments: str) -> str:
        """What git says."""
        when = f"2026-11-01T10:{self.minutes:02}:00Z"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": "Ada Reyes", f"GIT_{role}_EMAIL": "ada@provider.example"}
            environment[f"GIT_{role}_DATE"] = when
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str | bytes] | None = None) -> str:
        """The id of a commit of all there is, after writing these files."""
        write(self.root, files or {})
        self.minutes += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", f"minute {self.minutes}")
        return self.git("rev-parse", "HEAD")

    def configure(self, **settings: str) -> None:
        """Write settings into the repository's own configuration; `__` stands for a dot."""
        for name, value in settings.items():
            self.git("config", name.replace("__", "."), value)
