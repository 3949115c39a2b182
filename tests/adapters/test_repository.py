"""One repository opened once: one HEAD for every answer, few git processes, files by patterns."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.adapters.repository import Repository
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import SourceFile
from tests.adapters.repositories import BOOK, Checkout, write

JANE = "customers/acme/contacts/jane.yaml"
RULES = {"policy/contact.schema.json": '{"a": 1}\n', "policy/customer.schema.json": '{"b": 2}\n'}
GLOB = ("policy/*.schema.json",)
FILES = tuple(SourceFile(path, content.encode()) for path, content in sorted(RULES.items()))
MANY = {f"policy/{number}.json": "{}" for number in range(3)}


@pytest.fixture
def book(tmp_path: Path) -> Checkout:
    return Checkout.made(tmp_path / "book", BOOK | RULES)


def reasons(files: tuple[SourceFile, ...]) -> dict[str, str | None]:
    return {file.path: file.rule for file in files}


def on_the_disk(checkout: Checkout, *patterns: str) -> tuple[SourceFile, ...]:
    return Repository(checkout.root).matching(patterns)


def at_the_commit(checkout: Checkout, *patterns: str) -> tuple[SourceFile, ...]:
    return Repository(checkout.root).matching_at("HEAD", patterns)


EITHER = pytest.mark.parametrize("read", [on_the_disk, at_the_commit])
Read = Callable[..., tuple[SourceFile, ...]]


def test_a_commit_between_two_questions_changes_no_answer(book: Checkout) -> None:
    repository = Repository(book.root)
    first, tree = repository.head, repository.tree()
    second = book.commit({JANE: "name: Janet\n", "policy/contact.schema.json": "{}"})
    assert (tree.commit, tree.dirty) == (first, ())
    assert repository.ancestors_among([first or "", second]) == {first}
    assert repository.tree_at("HEAD") == repository.tree_at("@") == tree
    assert repository.dirty_among(GLOB) == ("policy/contact.schema.json",)
    with pytest.raises(WrongUsage, match="knows no commit"):
        repository.tree_at("HEAD~1")
    assert Repository(book.root).ancestors_among([first or "", second]) == {first, second}


def test_a_commit_between_opening_and_reading_shows_as_dirty_files(book: Checkout) -> None:
    repository = Repository(book.root)
    second = book.commit({JANE: "name: Janet\n"})
    tree = repository.tree()
    assert (tree.commit, tree.dirty) == (repository.head, (JANE,))
    assert repository.ancestors_among([second]) == frozenset()


def test_a_first_commit_while_the_command_runs_is_not_head(tmp_path: Path) -> None:
    checkout = Checkout(write(tmp_path, BOOK))
    checkout.git("init", "--quiet")
    repository = Repository(tmp_path)
    commit = checkout.commit()
    assert (repository.head, repository.tree().commit) == (None, None)
    assert repository.ancestors_among([commit]) == frozenset()
    with pytest.raises(WrongUsage, match="knows no commit 'HEAD'"):
        repository.tree_at("HEAD")


def test_a_branch_that_moves_is_resolved_once(book: Checkout) -> None:
    repository = Repository(book.root)
    tree = repository.tree_at("main")
    book.commit({JANE: "name: Janet\n", "policy/new.schema.json": "{}"})
    assert repository.tree_at("main") == tree
    assert repository.matching_at("main", GLOB) == FILES


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with one line for each git process, written by a git that stands before the real one."""
    log, folder = tmp_path / "processes", tmp_path / "bin"
    program = write(folder, {"git": f'#!/bin/sh\necho x >> "{log}"\nexec {shutil.which("git")} "$@"\n'})
    (program / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    return log


def count(log: Path) -> int:
    lines = log.read_text(encoding="utf-8").splitlines()
    log.unlink()
    return len(lines)


def test_a_run_needs_six_git_processes_and_own_rules_three_more(book: Checkout, processes: Path) -> None:
    older, newer = book.git("rev-parse", "HEAD"), book.commit({JANE: "name: Janet\n"})
    processes.unlink()
    repository = Repository(book.root)
    repository.tree()
    for _ in range(3):  # the plan, the plan under the lease, the plan at the end
        assert repository.ancestors_among([older, newer]) == {older, newer}
    assert count(processes) == 6  # one opening for each question took 14
    repository.matching(GLOB)
    repository.dirty_among(GLOB)
    assert count(processes) == 3
    repository.tree_at(older)
    assert count(processes) == 4


def test_head_alone_is_an_ancestor_without_asking_git(book: Checkout, processes: Path) -> None:
    repository = Repository(book.root)
    processes.unlink()
    assert repository.ancestors_among([repository.head or ""]) == {repository.head}
    assert not processes.exists()


@EITHER
def test_paths_and_globs_match_plain_files(book: Checkout, read: Read) -> None:
    assert read(book, *GLOB) == FILES
    assert read(book, "policy/contact.schema.json") == FILES[:1]
    assert read(book, "p?licy/[a-c]o*.json", *GLOB) == FILES
    assert read(book, "*/*.schema.json") == FILES
    assert read(book) == ()


@EITHER
@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("../outside.json", "not a path below"),
        ("policy/../portal.yaml", "not a path below"),
        ("./policy/contact.schema.json", "not a path below"),
        ("policy//contact.schema.json", "not a path below"),
        ("policy/", "not a path below"),
        ("", "not a path below"),
        ("policy/a\0b", "not a path below"),
        ("x" * 1_001, "not a path below"),
        ("/".join(["d"] * 17), "has 17 parts"),
        ("policy/**", "is not supported"),
        ("customers/acme/customer.yaml", "outside of customers/"),
        ("policy/nothing.json", "matches no file"),
        ("nowhere/*.json", "matches no file"),
        ("policy", "folder"),
        ("*/acme/customer.yaml", "matches no file"),
        (".git/config", "matches no file"),
        (":(top)portal.yaml", "matches no file"),
        ("--output=x", "matches no file"),
        ("polic[y", "matches no file"),
    ],
)
def test_a_pattern_that_leads_to_no_file_is_refused_by_its_own_text(
    book: Checkout, read: Read, pattern: str, reason: str
) -> None:
    (refused,) = read(book, pattern)
    assert (refused.path, refused.content) == (pattern[:1_000], None)
    assert refused.rule == ("file-kind" if reason == "folder" else "rules")
    assert reason in (refused.message or "")


@EITHER
def test_links_folders_and_large_files_are_refused_where_they_stand(book: Checkout, read: Read) -> None:
    write(book.root, {"policy/large.json": b"x" * (2**20 + 1), "policy/deep.json/x": "{}"})
    (book.root / "policy/link.json").symlink_to("contact.schema.json")
    (book.root / "shared").symlink_to("policy")
    book.commit()
    wanted = {
        "policy/deep.json": "file-kind",
        "policy/large.json": "file-size",
        "policy/link.json": "file-kind",
        "shared": "file-kind",
    }
    files = read(book, "policy/[dl]*.json", "shared/*.json")
    assert reasons(files) == wanted


def test_pipes_are_refused_and_nobody_waits_for_them(book: Checkout) -> None:
    os.mkfifo(book.root / "policy/pipe.json")
    assert reasons(on_the_disk(book, "policy/p*.json")) == {"policy/pipe.json": "file-kind"}


@EITHER
def test_a_submodule_on_the_way_is_refused(book: Checkout, read: Read) -> None:
    inner = Checkout.made(book.root.parent / "inner", {"x.json": "{}"})
    allow = ("-c", "protocol.file.allow=always")
    book.git(*allow, "submodule", "add", "--quiet", str(inner.root), "vendor/inner")
    book.commit()
    assert reasons(read(book, "vendor/inner/*.json")) == {"vendor/inner": "file-kind"}


def test_a_star_matches_no_hidden_file(book: Checkout) -> None:
    write(book.root, {"policy/.draft.schema.json": "{}"})
    assert on_the_disk(book, *GLOB) == FILES
    assert reasons(on_the_disk(book, "policy/.*.json")) == {"policy/.draft.schema.json": None}


def test_changed_new_and_deleted_matches_are_dirty_and_other_files_are_not(book: Checkout) -> None:
    (book.root / "policy/customer.schema.json").unlink()
    write(book.root, {"policy/contact.schema.json": "{}", "policy/new.schema.json": "{}"})
    write(book.root, {"policy/README.md": "x", JANE: "name: Janet\n"})
    assert Repository(book.root).dirty_among(GLOB) == (
        "policy/contact.schema.json",
        "policy/customer.schema.json",
        "policy/new.schema.json",
    )
    assert at_the_commit(book, *GLOB) == FILES


def test_line_endings_make_no_match_dirty(book: Checkout) -> None:
    write(book.root, {path: content.replace("\n", "\r\n") for path, content in RULES.items()})
    repository = Repository(book.root)
    assert (repository.matching(GLOB), repository.dirty_among(GLOB)) == (FILES, ())


def test_the_files_that_are_given_are_those_that_were_judged(book: Checkout) -> None:
    repository = Repository(book.root)
    assert repository.dirty_among(GLOB) == ()
    write(book.root, {"policy/contact.schema.json": "{}"})
    assert repository.matching(GLOB) == FILES


@pytest.mark.parametrize("pattern", ["policy/*.json", "*/*.json"])
@pytest.mark.parametrize("ignored", ["/policy/", "*.json"])
def test_a_match_that_git_ignores_is_not_there(tmp_path: Path, ignored: str, pattern: str) -> None:
    checkout = Checkout.made(tmp_path, BOOK | {".gitignore": f"{ignored}\n"})
    write(tmp_path, MANY)
    assert reasons(on_the_disk(checkout, pattern)) == {pattern: "rules"}


def test_a_match_that_a_sparse_checkout_left_out_is_refused(book: Checkout) -> None:
    book.git("sparse-checkout", "set", "--no-cone", "/portal.yaml", "/customers/")
    repository = Repository(book.root)
    assert repository.tree().dirty == ()
    with pytest.raises(Refused, match=r"sparse checkout .* policy/contact\.schema\.json"):
        repository.matching(GLOB)


def test_matches_below_a_root_that_is_a_subfolder_belong_to_that_root(tmp_path: Path) -> None:
    inner = {f"books/one/{path}": content for path, content in (BOOK | RULES).items()}
    Checkout.made(tmp_path, inner | {"policy/outer.schema.json": "{}"})
    repository = Repository(tmp_path / "books/one")
    for pattern in (*GLOB, "*/*.schema.json"):
        assert repository.matching([pattern]) == repository.matching_at("HEAD", [pattern]) == FILES
        assert repository.dirty_among([pattern]) == ()


def test_outside_of_git_matches_are_read_and_nothing_is_dirty(tmp_path: Path) -> None:
    repository = Repository(write(tmp_path, BOOK | RULES))
    assert (repository.matching(GLOB), repository.dirty_among(GLOB)) == (FILES, ())


def test_more_patterns_than_anybody_needs_are_unreadable(book: Checkout) -> None:
    with pytest.raises(FilesUnreadable, match=r"lists 101 paths of rules; the limit is 100"):
        on_the_disk(book, *(f"policy/{number}.json" for number in range(101)))
