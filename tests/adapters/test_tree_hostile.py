"""Repositories that want to have a program run, or to be taken for something else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.adapters.repository import Repository
from reconciler.model.errors import FilesUnreadable, ReconcilerError
from reconciler.model.rules import RuleId
from tests.adapters.repositories import BOOK, Checkout, write

JANE = "customers/acme/contacts/jane.yaml"


class Canary:
    """A program that leaves a trace when it is run."""

    def __init__(self, folder: Path) -> None:
        self.trace = folder / "sung"
        self.program = folder / "canary"
        self.program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{self.trace}'\ncat\n")
        self.program.chmod(0o755)

    @property
    def sang(self) -> str:
        return self.trace.read_text() if self.trace.exists() else ""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return Canary(tmp_path)


@pytest.fixture
def book(tmp_path: Path) -> Checkout:
    """Two commits, a changed file and an untracked one: everything that git would look into."""
    checkout = Checkout.made(tmp_path / "book")
    checkout.commit({JANE: "name: Janet\n"})
    write(checkout.root, {JANE: "name: Janine\n", "customers/acme/contacts/tom.yaml": "name: Tom\n"})
    return checkout


def read_everything(root: Path) -> None:
    """Every question that a repository is asked."""
    repository = Repository(root)
    repository.tree()
    repository.tree_at("HEAD^")
    repository.ancestors_among([repository.head or "", "a" * 40])
    for pattern in ("customers/*", "*/*", "portal.yaml", "books/*/portal.yaml"):
        repository.matching([pattern])
        repository.dirty_among([pattern])
        repository.matching_at("HEAD^", [pattern])


HOOKS = (
    "post-checkout",
    "post-index-change",
    "pre-commit",
    "reference-transaction",
    "fsmonitor-watchman",
    "query-watchman",
)
CONFIGURED = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
    "core.alternateRefsCommand", "pager.ls-files", "pager.ls-tree", "pager.rev-list", "pager.cat-file",
    "diff.external", "diff.canary.command", "diff.canary.textconv", "merge.canary.driver", "filter.canary.clean",
    "filter.canary.smudge", "filter.canary.process", "credential.helper", "gpg.program", "sequence.editor",
    "uploadpack.packObjectsHook", "interactive.diffFilter", "trailer.canary.cmd",
)  # fmt: skip


@pytest.mark.parametrize("setting", CONFIGURED)
def test_no_program_that_the_configuration_names_is_run(book: Checkout, canary: Canary, setting: str) -> None:
    write(book.root, {".gitattributes": "* filter=canary diff=canary merge=canary\n"})
    book.git("config", setting, str(canary.program))
    book.git("config", "filter.canary.required", "true")
    read_everything(book.root)
    assert canary.sang == ""


@pytest.mark.parametrize("setting", ["core.fsmonitor", "filter.canary.clean"])
def test_the_canary_sings_when_git_is_asked_carelessly(book: Checkout, canary: Canary, setting: str) -> None:
    write(book.root, {".gitattributes": "* filter=canary\n"})
    book.git("config", setting, str(canary.program))
    book.git("status", "--porcelain")
    assert canary.sang != ""


def test_no_alias_takes_the_place_of_a_command(book: Checkout, canary: Canary) -> None:
    for command in ("rev-parse", "ls-files", "ls-tree", "cat-file", "rev-list", "check-ignore", "symbolic-ref"):
        book.git("config", f"alias.{command}", f"!{canary.program}")
    read_everything(book.root)
    assert canary.sang == ""


@pytest.mark.parametrize("place", ["default", "core.hooksPath"])
def test_no_hook_is_run(book: Checkout, canary: Canary, place: str) -> None:
    hooks = book.root / (".git/hooks" if place == "default" else "hooks")
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).write_text(canary.program.read_text())
        (hooks / name).chmod(0o755)
    if place != "default":
        book.git("config", place, str(hooks))
    read_everything(book.root)
    assert canary.sang == ""


@pytest.mark.parametrize("way", ["ext", "ssh", "helper"])
def test_objects_that_were_not_fetched_are_not_fetched(book: Checkout, canary: Canary, way: str) -> None:
    lost = book.git("rev-parse", f"HEAD^:{JANE}")
    (book.root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    url = {"ext": f"ext::{canary.program} x", "ssh": "ssh://host.example/book", "helper": "canary://host.example/book"}
    for name, value in (
        ("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin"), ("remote.origin.promisor", "true"),
        ("remote.origin.url", url[way]), ("protocol.ext.allow", "always"), ("protocol.ssh.allow", "always"),
        ("protocol.canary.allow", "always"), ("core.sshCommand", str(canary.program)),
    ):  # fmt: skip
        book.git("config", name, value)
    try:
        found = {file.path: file.rule for file in Repository(book.root).tree_at("HEAD^").files if file.rule}
    except FilesUnreadable:
        found = {JANE: RuleId.FILE_UNREADABLE}
    assert found == {JANE: "file-unreadable"}
    assert canary.sang == ""


def test_a_program_named_git_in_the_repository_is_not_git(
    book: Checkout, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    (book.root / "git").symlink_to(canary.program)
    monkeypatch.chdir(book.root)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    read_everything(book.root)
    assert canary.sang == ""


def test_variables_of_a_calling_hook_do_not_turn_us_to_another_repository(
    book: Checkout, canary: Canary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Repository(book.root).tree()
    other = Checkout.made(tmp_path / "other", {"portal.yaml": "x"})
    for name, value in {
        "GIT_DIR": str(other.root / ".git"), "GIT_WORK_TREE": str(other.root), "GIT_INDEX_FILE": "elsewhere",
        "GIT_EXTERNAL_DIFF": str(canary.program), "GIT_PAGER": str(canary.program), "GIT_TRACE": str(canary.trace),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={canary.program}'", "GIT_OBJECT_DIRECTORY": "elsewhere",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert Repository(book.root).tree() == wanted
    assert canary.sang == ""


def test_replaced_objects_and_grafts_do_not_change_history(book: Checkout) -> None:
    wanted, at = Repository(book.root).tree(), book.git("rev-parse", "HEAD")
    before = Repository(book.root).tree_at("HEAD")
    first = book.git("rev-parse", "HEAD^")
    book.git("stash", "--quiet", "--include-untracked")
    book.git("checkout", "--quiet", "--orphan", "forged")
    forged = book.commit({JANE: "name: Mallory\n"})
    book.git("checkout", "--quiet", "main")
    book.git("stash", "pop", "--quiet")
    book.git("replace", at, forged)
    assert Repository(book.root).tree_at("HEAD") == before
    assert Repository(book.root).tree() == wanted
    assert Repository(book.root).ancestors_among([first, forged]) == {first}
    book.git("replace", "--delete", at)
    (book.root / ".git/info/grafts").write_text(f"{at} {forged}\n")
    assert Repository(book.root).ancestors_among([first, forged]) == {first}


def test_a_repository_that_claims_another_work_tree_is_unreadable(book: Checkout, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", BOOK)
    book.configure(core__worktree=str(tmp_path / "elsewhere"))
    with pytest.raises(FilesUnreadable, match=r"is .* for git"):
        Repository(book.root).tree()


def test_a_folder_shaped_like_a_bare_repository_is_a_folder(book: Checkout, canary: Canary) -> None:
    root = book.root / "books/one"
    write(root, BOOK)
    inner = Checkout(root)
    inner.git("init", "--quiet", "--bare", ".")
    inner.git("config", "core.bare", "false")
    inner.git("config", "core.worktree", str(root))
    inner.git("config", "core.fsmonitor", str(canary.program))
    with pytest.raises(FilesUnreadable, match=r"bareRepository|bare repository"):
        Repository(root).tree()
    assert canary.sang == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_unreadable_and_says_how_to_trust_it(book: Checkout) -> None:
    for path in (book.root, book.root / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(FilesUnreadable) as unreadable:
        Repository(book.root).tree()
    assert "safe.directory" in (unreadable.value.hint or "")


def _empty_git_folder(root: Path) -> None:
    (root / ".git").mkdir()


def _git_file_to_nowhere(root: Path) -> None:
    (root / ".git").write_text("gitdir: /nowhere/at/all\n")


def _garbage_head(root: Path) -> None:
    Checkout.made(root)
    (root / ".git/HEAD").write_text("garbage\n")


def _garbage_index(root: Path) -> None:
    Checkout.made(root)
    (root / ".git/index").write_bytes(b"DIRC" + b"\xff" * 60)


def _bare(root: Path) -> None:
    Checkout.made(root).configure(core__bare="true")


@pytest.mark.parametrize("break_it", [_empty_git_folder, _git_file_to_nowhere, _garbage_head, _garbage_index, _bare])
def test_a_broken_repository_is_unreadable_and_not_taken_for_none(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    break_it(write(tmp_path, BOOK))
    with pytest.raises(ReconcilerError) as raised:
        Repository(tmp_path).tree()
    assert type(raised.value) is FilesUnreadable
    assert "git" in raised.value.message
