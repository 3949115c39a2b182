"""The real program in a process of its own, a real portal, a real folder in git."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.adapters.repository import Repository
from reconciler.cli.portal_connection import connect
from reconciler.portal.commands import create_token, running
from reconciler.shipped import demo_book
from reconciler.usecases.portal import seed_demo


@dataclass
class Run:
    """What a call of the program left behind."""

    code: int
    out: str
    err: str


@dataclass
class Program:
    """Calls the program in a folder, with a portal or without."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, **environment: str) -> Run:
        command = [sys.executable, "-m", "reconciler", *arguments]
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_GLOBAL": os.devnull,
            **self.environment, **environment,
        }  # fmt: skip
        done = subprocess.run(command, cwd=self.root, env=env, capture_output=True, timeout=120, check=False)
        if (
            done.returncode == 0
            and arguments[:2] == ("apply", "--yes")
            and not {"--customer", "--shard"} & {*arguments}
        ):
            left = subprocess.run(
                [*command[:3], "plan", "-q"], cwd=self.root, env=env, capture_output=True, check=False
            )
            assert b"\nNo changes" in b"\n" + left.stdout, "an apply that ended well leaves nothing to do"
        return Run(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "reconciler", *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), **self.environment}
        return subprocess.Popen(
            command, cwd=self.root, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def git(self, *arguments: str) -> str:
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@provider.example",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@provider.example",
        }  # fmt: skip
        command = ["git", "-c", "init.defaultBranch=main", *arguments]
        return subprocess.run(command, cwd=self.root, env=env, check=True, capture_output=True, text=True).stdout

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", message, "--allow-empty")
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def folder(tmp_path: Path) -> Program:
    """The shipped book in a folder of its own, in no git; no portal."""
    root = tmp_path / "book"
    root.mkdir()
    shutil.copy2(demo_book() / "portal.yaml", root)
    shutil.copytree(demo_book() / "customers", root / "customers")
    return Program(root)


@pytest.fixture
def book(folder: Program) -> Program:
    """The shipped book as a git repository."""
    folder.git("init", "-q")
    folder.commit("first")
    return folder


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portal in the demo's state; copied, never used itself."""
    path = tmp_path_factory.mktemp("demo") / "demo.sqlite"
    seed_demo(f"sqlite:///{path}", Repository(demo_book()), connect)
    return path


@dataclass
class Portal:
    url: str
    database: str
    token: Callable[[str], str]


@pytest.fixture
def portal(demo_database: Path, tmp_path: Path) -> Iterator[Portal]:
    """A running portal in the demo's state."""
    path = tmp_path / "portal.sqlite"
    shutil.copyfile(demo_database, path)
    database = f"sqlite:///{path}"
    with running(database) as url:
        yield Portal(url, database, lambda scope: create_token(database, scope, f"{scope} token"))


@pytest.fixture
def connected(book: Program, portal: Portal) -> Program:
    """The book in git, and the demo's portal."""
    book.environment = {"RECONCILER_PORTAL_URL": portal.url, "RECONCILER_PORTAL_TOKEN": portal.token("apply")}
    return book
