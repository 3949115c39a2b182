"""The files on the disk: which are read, and what becomes of those that must not or cannot be."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.adapters import source_files, tree_walk
from reconciler.adapters.repository import Repository
from reconciler.documents.layout import locate
from reconciler.model.errors import FilesUnreadable, WrongUsage
from reconciler.model.files import SourceFile, Tree
from tests.adapters.repositories import BOOK, PORTAL, Checkout, write

JANE = "customers/acme/contacts/jane.yaml"


def rules(tree: Tree) -> dict[str, str]:
    return {file.path: file.rule for file in tree.files if file.rule is not None}


@contextmanager
def nobody() -> Iterator[None]:
    """As a user whom file permissions bind, also when root runs the tests."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A book that any user can reach; pytest's own folder is closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        root = write(Path(folder) / "book", BOOK)
        yield root
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)


def test_a_folder_outside_of_git_is_read_whole_and_has_no_commit(tmp_path: Path) -> None:
    files = tuple(SourceFile(path, content.encode()) for path, content in sorted(BOOK.items()))
    assert Repository(write(tmp_path, BOOK)).tree() == Tree(files, has_customers=True, commit=None, dirty=())
    assert Repository(tmp_path).head is None
    assert Repository(tmp_path).ancestors_among(["a" * 40]) == frozenset()


def test_only_portal_yaml_and_customers_are_read(tmp_path: Path) -> None:
    write(tmp_path, BOOK | {"README.md": "x", "other/portal.yaml": PORTAL, "customers.yaml": "x", "portal.yml": "x"})
    assert [file.path for file in Repository(tmp_path).tree().files] == sorted(BOOK)


def test_files_are_sorted_by_their_whole_path(tmp_path: Path) -> None:
    write(tmp_path, {"customers/a/z.yaml": "", "customers/a-b/c.yaml": "", "customers/a.md": "", "portal.yaml": ""})
    found = [file.path for file in Repository(tmp_path).tree().files]
    assert found == ["customers/a-b/c.yaml", "customers/a.md", "customers/a/z.yaml", "portal.yaml"]


def test_line_ends_are_lf_and_a_lone_cr_stays(tmp_path: Path) -> None:
    write(tmp_path, {"portal.yaml": b"a: 1\r\nb: x\ry\r\n"})
    assert Repository(tmp_path).tree().files == (SourceFile("portal.yaml", b"a: 1\nb: x\ry\n"),)


def test_a_missing_customers_folder_is_told_apart_from_an_empty_one(tmp_path: Path) -> None:
    write(tmp_path, {"portal.yaml": PORTAL})
    assert not Repository(tmp_path).tree().has_customers
    (tmp_path / "customers").mkdir()
    assert Repository(tmp_path).tree().has_customers


@pytest.mark.parametrize("made", ["nothing", "a file"])
def test_a_root_that_is_no_folder_is_unreadable(tmp_path: Path, made: str) -> None:
    root = tmp_path / "root"
    if made == "a file":
        root.write_text("x")
    with pytest.raises(FilesUnreadable, match="is not a folder"):
        Repository(root)


def test_links_are_refused_wherever_they_lead(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.yaml": "token: x\n"})
    root = write(tmp_path / "root", BOOK)
    (root / "customers/acme/contacts/file.yaml").symlink_to(outside / "secret.yaml")
    (root / "customers/acme/contacts/twin.yaml").symlink_to("jane.yaml")
    (root / "customers/acme/contacts/gone.yaml").symlink_to("nowhere")
    (root / "customers/folder").symlink_to(outside)
    (root / "customers/acme/loop").symlink_to("..")
    tree = Repository(root).tree()
    assert rules(tree) == {
        "customers/acme/contacts/file.yaml": "file-kind",
        "customers/acme/contacts/gone.yaml": "file-kind",
        "customers/acme/contacts/twin.yaml": "file-kind",
        "customers/acme/loop": "file-kind",
        "customers/folder": "file-kind",
    }
    assert [file.path for file in tree.files if file.content] == sorted(BOOK)


@pytest.mark.parametrize("name", ["portal.yaml", "customers"])
def test_a_link_at_the_top_is_refused_too(tmp_path: Path, name: str) -> None:
    outside = write(tmp_path / "outside", BOOK)
    root = write(tmp_path / "root", {name: ""} if name == "customers" else BOOK)
    (root / name).unlink()
    (root / name).symlink_to(outside / name)
    tree = Repository(root).tree()
    assert rules(tree) == {name: "file-kind"}
    assert tree.has_customers


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "book", BOOK)
    (tmp_path / "link").symlink_to("book")
    assert Repository(tmp_path / "link").tree() == Repository(tmp_path / "book").tree()


def test_pipes_sockets_and_devices_are_refused_and_hang_nobody(tmp_path: Path) -> None:
    root = write(tmp_path, BOOK)
    os.mkfifo(root / "customers/acme/contacts/pipe.yaml")
    os.mkfifo(root / "customers/acme/contacts/prose.md")
    with socket.socket(socket.AF_UNIX) as server:
        place = os.getcwd()
        os.chdir(root / "customers/acme/contacts")  # a socket's address is short
        try:
            server.bind("socket.yaml")
        finally:
            os.chdir(place)
        found = rules(Repository(root).tree())
    assert set(found) == {f"customers/acme/contacts/{name}" for name in ("pipe.yaml", "prose.md", "socket.yaml")}
    assert set(found.values()) == {"file-kind"}


def test_a_file_exchanged_for_a_pipe_or_a_link_after_the_look_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.yaml").symlink_to("/etc/hostname")
    (tmp_path / "link").symlink_to("/etc")
    top = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    walk = tree_walk.Walk(frozenset(), None)
    walk.read_file(top, "pipe.yaml", "pipe.yaml")
    walk.read_file(top, "link.yaml", "link.yaml")
    walk.read_file(top, "gone.yaml", "gone.yaml")
    walk.read_folder(top, "link", "link", 0)
    os.close(top)
    found = {path: file.rule for path, file in walk.result.files.items()}
    assert found == {
        "pipe.yaml": "file-kind", "link.yaml": "file-kind", "link": "file-kind", "gone.yaml": "file-unreadable",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["portal.yaml", JANE, "customers/acme/customer.yaml", "customers/x.yml"])
def test_a_folder_named_like_a_document_is_refused_even_when_empty(tmp_path: Path, path: str) -> None:
    write(tmp_path, {name: content for name, content in BOOK.items() if name != path})
    (tmp_path / path).mkdir(parents=True)
    assert rules(Repository(tmp_path).tree()) == {path: "file-kind"}


def test_a_file_named_customers_is_refused(tmp_path: Path) -> None:
    tree = Repository(write(tmp_path, {"portal.yaml": PORTAL, "customers": "[]"})).tree()
    assert rules(tree) == {"customers": "file-kind"}
    assert tree.has_customers


def test_a_file_of_one_mebibyte_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"customers/a/fits.yaml": b"x" * 2**20, "customers/a/large.yaml": b"x" * (2**20 + 1)})
    tree = Repository(tmp_path).tree()
    assert [(file.path, file.rule, len(file.content or b"")) for file in tree.files] == [
        ("customers/a/fits.yaml", None, 2**20),
        ("customers/a/large.yaml", "file-size", 0),
    ]


def test_a_sparse_file_of_a_terabyte_costs_nothing(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    with (tmp_path / JANE).open("r+b") as file:
        file.truncate(2**40)
    assert rules(Repository(tmp_path).tree()) == {JANE: "file-size"}


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    assert Repository(write(tmp_path, {"portal.yaml": ""})).tree().files == (SourceFile("portal.yaml", b""),)


def test_an_unreadable_file_is_there_and_refused(open_root: Path) -> None:
    (open_root / JANE).chmod(0)
    with nobody():
        tree = Repository(open_root).tree()
    assert rules(tree) == {JANE: "file-unreadable"}
    assert "permission denied" in next(file.message or "" for file in tree.files if file.path == JANE)


@pytest.mark.parametrize("folder", ["customers", "customers/acme", "customers/acme/contacts"])
@pytest.mark.parametrize("mode", [0o000, 0o100])
def test_an_unreadable_folder_is_one_refusal(open_root: Path, folder: str, mode: int) -> None:
    (open_root / folder).chmod(mode)
    with nobody():
        tree = Repository(open_root).tree()
    assert rules(tree) == {folder: "file-unreadable"}
    assert tree.has_customers


def test_a_folder_that_lists_but_does_not_open_refuses_each_file(open_root: Path) -> None:
    (open_root / "customers/acme/contacts").chmod(0o444)
    with nobody():
        assert rules(Repository(open_root).tree()) == {JANE: "file-unreadable"}


def test_a_root_that_may_be_listed_and_not_entered_hides_nothing(open_root: Path) -> None:
    open_root.chmod(0o444)
    with nobody():
        tree = Repository(open_root).tree()
    assert rules(tree) == {"portal.yaml": "file-unreadable", "customers": "file-unreadable"}
    assert tree.has_customers


def test_an_unreadable_folder_of_a_checkout_is_a_refusal_and_its_files_are_dirty(
    open_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Checkout(open_root).git("init", "--quiet")
    Checkout(open_root).commit()
    if os.geteuid() == 0:
        for path in (open_root, *open_root.rglob("*")):
            os.chown(path, 65534, 65534)
    (open_root / "customers/acme/contacts").chmod(0)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("HOME", str(open_root))
    with nobody():
        tree = Repository(open_root).tree()
    assert rules(tree) == {"customers/acme/contacts": "file-unreadable"}
    assert tree.dirty == ("customers/acme/contacts", JANE)


def test_names_outside_of_utf_8_are_shown_escaped_and_refused(tmp_path: Path) -> None:
    root = write(tmp_path, BOOK)
    raw = os.fsencode(root) + b"/customers/acme/contacts/j\xffne.yaml"
    with open(raw, "wb") as file:
        file.write(b"name: J\n")
    tree = Repository(root).tree()
    assert rules(tree) == {"customers/acme/contacts/j\\xffne.yaml": "file-name"}
    assert all(file.path.encode() for file in tree.files)


def test_names_with_letters_of_other_scripts_and_newlines_stay_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, {"customers/tóth/a\nb.yaml": "x", "customers/tóth/佐藤.yaml": "x"})
    assert [file.path for file in Repository(tmp_path).tree().files] == [
        "customers/tóth/a\nb.yaml",
        "customers/tóth/佐藤.yaml",
    ]


def test_a_tree_without_bottom_ends_in_a_refusal(tmp_path: Path) -> None:
    deep = "customers/" + "/".join(["d"] * 300) + "/jane.yaml"
    place = os.getcwd()
    os.chdir(tmp_path)
    try:
        write(Path(), {"portal.yaml": PORTAL, deep: "x"})
    finally:
        os.chdir(place)
    tree = Repository(tmp_path).tree()
    assert list(rules(tree).values()) == ["file-place"]
    assert next(iter(rules(tree))).count("/") == source_files.MAX_DEPTH + 1


@pytest.mark.parametrize(("limit", "size"), [("MAX_FILES", 4), ("MAX_TOTAL_BYTES", 30)])
def test_more_than_anybody_could_mean_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, size: int
) -> None:
    monkeypatch.setattr(tree_walk, limit, size)
    with pytest.raises(FilesUnreadable, match=f"more than {size} "):
        Repository(write(tmp_path, BOOK)).tree()


def test_an_ignored_folder_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Checkout.made(tmp_path, BOOK | {".gitignore": "/customers/draft/\n"})
    write(tmp_path, {f"customers/draft/p{number}.yaml": "x" for number in range(50)})
    monkeypatch.setattr(tree_walk, "MAX_FILES", 10)
    assert [file.path for file in Repository(tmp_path).tree().files] == sorted(BOOK)


def test_every_refusal_of_the_disk_becomes_a_problem_of_the_files(tmp_path: Path) -> None:
    root = write(tmp_path, BOOK)
    (root / "customers/bolt/link.yaml").symlink_to("customer.yaml")
    (root / "customers/bolt/contacts/tom.yaml").mkdir(parents=True)
    _, problems = locate(Repository(root).tree())
    assert {(problem.path, problem.rule) for problem in problems} == {
        ("customers/bolt/link.yaml", "file-kind"),
        ("customers/bolt/contacts/tom.yaml", "file-kind"),
    }


def test_a_commit_cannot_be_read_outside_of_git(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="not in a git repository"):
        Repository(write(tmp_path, BOOK)).tree_at("main")
