"""The tree and its history: what is ignored, dirty, left out, and what a commit holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.adapters.git import Git
from reconciler.adapters.repository import Repository
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import SourceFile
from reconciler.model.rules import RuleId
from tests.adapters.repositories import BOOK, PORTAL, Checkout, write

JANE = "customers/acme/contacts/jane.yaml"
FILES = tuple(SourceFile(path, content.encode()) for path, content in sorted(BOOK.items()))


@pytest.fixture
def book(tmp_path: Path) -> Checkout:
    """A repository with one commit of a small book."""
    return Checkout.made(tmp_path / "book")


def test_a_clean_checkout_has_its_commit_and_nothing_dirty(book: Checkout) -> None:
    tree = Repository(book.root).tree()
    assert (tree.files, tree.has_customers, tree.dirty) == (FILES, True, ())
    assert tree.commit == Repository(book.root).head == book.git("rev-parse", "HEAD")


def test_a_detached_head_is_a_commit_as_good(book: Checkout) -> None:
    first = Repository(book.root).head
    book.commit({JANE: "name: J\n"})
    book.git("checkout", "--quiet", "--detach", "HEAD^")
    assert Repository(book.root).tree().commit == first


def test_before_the_first_commit_there_is_no_commit_and_all_is_dirty(tmp_path: Path) -> None:
    checkout = Checkout(write(tmp_path, BOOK))
    checkout.git("init", "--quiet")
    tree = Repository(tmp_path).tree()
    assert (tree.files, tree.commit, tree.dirty) == (FILES, None, tuple(sorted(BOOK)))
    assert Repository(tmp_path).head is None
    assert Repository(tmp_path).ancestors_among(["a" * 40]) == frozenset()


def test_changed_new_staged_and_deleted_files_are_dirty_and_others_are_not(book: Checkout) -> None:
    write(book.root, {JANE: "name: Janet\n", "customers/new/customer.yaml": "name: New\n", "README.md": "elsewhere"})
    write(book.root, {"customers/acme/contacts/staged.yaml": "name: S\n"})
    book.git("add", "customers/acme/contacts/staged.yaml")
    (book.root / "customers/bolt/customer.yaml").unlink()
    assert Repository(book.root).tree().dirty == (
        JANE, "customers/acme/contacts/staged.yaml", "customers/bolt/customer.yaml", "customers/new/customer.yaml",
    )  # fmt: skip


def test_a_change_that_keeps_size_and_time_is_dirty(book: Checkout) -> None:
    about = (book.root / JANE).stat()
    write(book.root, {JANE: BOOK[JANE].replace("Jane", "Jana")})
    os.utime(book.root / JANE, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert Repository(book.root).tree().dirty == (JANE,)


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_the_index_hides_is_not_hidden(book: Checkout, flag: str) -> None:
    book.git("update-index", flag, JANE)
    write(book.root, {JANE: "name: Mallory\n"})
    if flag == "--skip-worktree":
        with pytest.raises(Refused, match="sparse"):
            Repository(book.root).tree()
    else:
        assert Repository(book.root).tree().dirty == (JANE,)


@pytest.mark.parametrize("committed", [b"name: J\nrole: r\n", b"name: J\r\nrole: r\r\n", b"name: J\r\nrole: r\n"])
@pytest.mark.parametrize("here", [b"name: J\nrole: r\n", b"name: J\r\nrole: r\r\n"])
def test_ends_of_lines_make_nothing_dirty(tmp_path: Path, committed: bytes, here: bytes) -> None:
    checkout = Checkout.made(tmp_path, BOOK | {JANE: committed})
    write(tmp_path, {JANE: here})
    tree = Repository(tmp_path).tree()
    assert tree.dirty == ()
    assert tree.files == Repository(tmp_path).tree_at("HEAD").files
    checkout.commit({JANE: here + b"x"})
    write(tmp_path, {JANE: here})
    assert Repository(tmp_path).tree().dirty == (JANE,)


def test_a_checkout_with_converted_line_ends_is_clean(tmp_path: Path) -> None:
    origin = Checkout.made(tmp_path / "origin", BOOK | {".gitattributes": "* text eol=crlf\n"})
    Checkout(tmp_path).git("clone", "--quiet", "origin", "clone")
    assert b"\r\n" in (tmp_path / "clone" / JANE).read_bytes()
    tree = Repository(tmp_path / "clone").tree()
    assert (tree.files, tree.dirty, tree.commit) == (FILES, (), Repository(origin.root).head)


def test_what_git_ignores_is_not_there(book: Checkout) -> None:
    ignore = {".gitignore": "*.bak\n/customers/draft/\n", "customers/acme/.gitignore": "secret.yaml\n"}
    book.commit(ignore)
    drafts = {f"customers/draft/contacts/p{number}.yaml": "name: P\n" for number in range(20)}
    write(book.root, drafts | {JANE + ".bak": "x", "customers/acme/contacts/secret.yaml": "x"})
    write(book.root, {"customers/acme/contacts/kept.yaml": "name: K\n"})
    tree = Repository(book.root).tree()
    seen = {file.path for file in tree.files} - set(BOOK)
    assert seen == {"customers/acme/.gitignore", "customers/acme/contacts/kept.yaml"}
    assert tree.dirty == ("customers/acme/contacts/kept.yaml",)


def test_a_tracked_file_is_read_though_a_pattern_ignores_it(book: Checkout) -> None:
    book.commit({".gitignore": "customers/\nportal.yaml\n"})
    write(book.root, {"customers/acme/contacts/tom.yaml": "name: Tom\n"})
    tree = Repository(book.root).tree()
    assert (tree.files, tree.dirty) == (FILES, ())


def test_an_ignored_customers_folder_is_no_folder(tmp_path: Path) -> None:
    Checkout.made(tmp_path, {".gitignore": "/customers/\n", "portal.yaml": PORTAL})
    write(tmp_path, BOOK)
    assert not Repository(tmp_path).tree().has_customers


def test_a_folder_that_the_repository_around_it_ignores_is_outside_of_it(tmp_path: Path) -> None:
    Checkout.made(tmp_path, {".gitignore": "/.demo/\n"})
    root = write(tmp_path / ".demo/book", BOOK)
    tree = Repository(root).tree()
    assert (tree.files, tree.commit, tree.dirty) == (FILES, None, ())
    assert Repository(root).head is None


def test_a_root_whose_files_are_all_ignored_one_by_one_is_empty(tmp_path: Path) -> None:
    Checkout.made(tmp_path, {".gitignore": "*.yaml\n"})
    tree = Repository(write(tmp_path / "books/one", BOOK)).tree()
    assert (tree.files, tree.has_customers) == ((), False)


def test_a_root_below_the_top_of_the_repository_is_read_alike(tmp_path: Path) -> None:
    inner = {f"books/one/{path}": content for path, content in BOOK.items()}
    checkout = Checkout.made(tmp_path, inner | {"portal.yaml": "owner: other\n", "customers/x/customer.yaml": ""})
    root = tmp_path / "books/one"
    tree = Repository(root).tree()
    assert (tree.files, tree.dirty, tree.commit) == (FILES, (), Repository(tmp_path).head)
    assert Repository(root).tree_at("main").files == FILES
    write(root, {JANE: "name: Janet\n"})
    write(tmp_path, {"portal.yaml": "owner: changed\n"})
    assert Repository(root).tree().dirty == (JANE,)
    checkout.git("update-index", "--skip-worktree", "customers/x/customer.yaml")
    assert Repository(root).tree().dirty == (JANE,)


def test_a_second_work_tree_is_read_like_the_first(book: Checkout) -> None:
    book.git("worktree", "add", "--quiet", "../second", "-b", "second")
    tree = Repository(book.root.parent / "second").tree()
    assert (tree.files, tree.dirty, tree.commit) == (FILES, (), Repository(book.root).head)


def test_a_repository_that_counts_with_sha_256_is_read_alike(tmp_path: Path) -> None:
    Checkout.made(tmp_path, BOOK, "--object-format=sha256")
    tree = Repository(tmp_path).tree()
    assert (tree.files, tree.dirty, len(tree.commit or "")) == (FILES, (), 64)
    assert Repository(tmp_path).ancestors_among([tree.commit or "", "a" * 40]) == {tree.commit}
    assert Repository(tmp_path).tree_at("HEAD").files == FILES


def test_links_and_large_prose_are_dirty_only_when_they_differ(tmp_path: Path) -> None:
    prose = "customers/acme/notes.md"
    checkout = Checkout(write(tmp_path, BOOK | {prose: b"x" * 3_000_000}))
    (tmp_path / "customers/README.md").symlink_to("../README.md")
    checkout.git("init", "--quiet")
    checkout.commit()
    assert Repository(tmp_path).tree().dirty == ()
    write(tmp_path, {prose: b"x" * 2_999_999 + b"y"})
    (tmp_path / "customers/README.md").unlink()
    write(tmp_path, {"customers/README.md": "../README.md"})
    assert Repository(tmp_path).tree().dirty == ("customers/README.md", prose)


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
def test_a_sparse_checkout_is_refused_and_never_a_removal(book: Checkout, cone: str) -> None:
    book.git("sparse-checkout", "set", cone, "customers/acme")
    assert not (book.root / "customers/bolt").exists()
    with pytest.raises(Refused, match=r"sparse checkout without .* nothing was changed"):
        Repository(book.root).tree()
    book.git("sparse-checkout", "disable")
    assert Repository(book.root).tree().files == FILES


def test_a_sparse_index_is_refused_too(book: Checkout) -> None:
    book.git("sparse-checkout", "set", "--cone", "--sparse-index", "customers/acme")
    with pytest.raises(Refused, match=r"for example customers/bolt/customer\.yaml"):
        Repository(book.root).tree()


def test_a_sparse_checkout_that_leaves_out_other_folders_only_is_whole(tmp_path: Path) -> None:
    checkout = Checkout.made(tmp_path, BOOK | {"website/index.html": "x"})
    checkout.git("sparse-checkout", "set", "--no-cone", "/portal.yaml", "/customers/")
    assert not (tmp_path / "website").exists()
    assert Repository(tmp_path).tree().files == FILES


def test_without_the_git_program_all_files_are_read_and_a_sparse_checkout_is_refused(
    book: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(book.root))
    tree = Repository(book.root).tree()
    assert (tree.files, tree.commit, tree.dirty) == (FILES, None, ())
    monkeypatch.undo()
    book.git("sparse-checkout", "set", "customers/acme")
    monkeypatch.setenv("PATH", str(book.root))
    with pytest.raises(Refused, match="git is not installed"):
        Repository(book.root).tree()


def test_a_repository_within_is_refused_even_where_it_was_never_fetched(book: Checkout) -> None:
    inner = Checkout.made(book.root.parent / "inner", {"customer.yaml": "name: In\n"})
    book.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(inner.root), "customers/inner")
    book.commit()
    refused = SourceFile(
        "customers/inner", None, RuleId.FILE_KIND,
        "this folder is a repository of its own; documents are files of this one", "move its files into this repository, without a submodule",
    )  # fmt: skip
    wanted = tuple(sorted((*FILES, refused), key=lambda file: file.path))
    tree = Repository(book.root).tree()
    assert (tree.files, tree.dirty) == (wanted, ())
    book.git("submodule", "--quiet", "deinit", "--force", "customers/inner")
    assert Repository(book.root).tree().files == wanted == Repository(book.root).tree_at("HEAD").files


def test_a_commit_is_read_from_the_store_and_not_from_the_disk(book: Checkout) -> None:
    first = Repository(book.root).head
    book.commit({JANE: "name: Janet\n", "customers/new/customer.yaml": "name: New\n"})
    book.git("tag", "--annotate", "--message", "x", "v1", "HEAD^")
    write(book.root, {JANE: "name: Dirty\n"})
    for ref in (first or "", "v1", "main~1", "HEAD^"):
        tree = Repository(book.root).tree_at(ref)
        assert (tree.files, tree.has_customers, tree.commit, tree.dirty) == (FILES, True, first, ())


def test_a_commit_without_customers_says_so(tmp_path: Path) -> None:
    Checkout.made(tmp_path, {"portal.yaml": PORTAL})
    assert not Repository(tmp_path).tree_at("HEAD").has_customers


def test_links_and_large_files_of_a_commit_are_refused(tmp_path: Path) -> None:
    checkout = Checkout(write(tmp_path, BOOK | {"customers/bolt/large.yaml": b"x" * (2**20 + 1)}))
    (tmp_path / "customers/acme/link.yaml").symlink_to("customer.yaml")
    checkout.git("init", "--quiet")
    checkout.commit()
    found = {file.path: (file.rule, file.content) for file in Repository(tmp_path).tree_at("HEAD").files if file.rule}
    assert found == {"customers/acme/link.yaml": ("file-kind", None), "customers/bolt/large.yaml": ("file-size", None)}


def test_names_that_are_none_of_a_commit_are_wrong_usage(book: Checkout) -> None:
    for ref in ("nowhere", "a" * 40, "HEAD:portal.yaml", "main..main", "^main", "HEAD^{tree}", "@{99}"):
        with pytest.raises(WrongUsage, match="knows no commit"):
            Repository(book.root).tree_at(ref)
    for ref in ("", "-x", "--upload-pack=touch x", "--all", "a\nb", "a\0b", "\x1b[2J", "x" * 1_001):
        with pytest.raises(WrongUsage, match="is not the name of a commit"):
            Repository(book.root).tree_at(ref)


def test_a_commit_beyond_a_shallow_history_is_refused_with_the_way_out(tmp_path: Path) -> None:
    origin = Checkout.made(tmp_path / "origin")
    first = Repository(origin.root).head or ""
    second = origin.commit({JANE: "name: Janet\n"})
    Checkout(tmp_path).git("clone", "--quiet", "--depth=1", f"file://{origin.root}", "clone")
    clone = tmp_path / "clone"
    assert Repository(clone).ancestors_among([first, second]) == {second}
    with pytest.raises(Refused) as refused:
        Repository(clone).tree_at(first)
    assert "fetch-depth: 0" in (refused.value.hint or "")


def test_only_a_complete_clone_knows_which_commits_do_not_exist(tmp_path: Path) -> None:
    origin = Checkout.made(tmp_path / "origin")
    first = Repository(origin.root).head or ""
    origin.commit({JANE: "name: Janet\n"})
    forgotten, blob = "a" * 40, origin.git("rev-parse", f"HEAD:{JANE}").strip()
    known = Repository(origin.root)
    assert known.replaced_among([first, first[:10], forgotten, blob, "--all"], "c0ffee7") == {forgotten, blob}
    Checkout(tmp_path).git("clone", "--quiet", "--depth=1", f"file://{origin.root}", "clone")
    assert Repository(tmp_path / "clone").replaced_among([first, forgotten], first) == frozenset()
    assert Repository(tmp_path).replaced_among([first], first) == frozenset()


def test_a_rewritten_history_replaces_a_commit_and_all_that_it_descends_from(book: Checkout) -> None:
    first = Repository(book.root).head or ""
    second = book.commit({JANE: "name: Janet\n"})
    third = book.commit({JANE: "name: Jane\n"})
    book.git("checkout", "--quiet", "--orphan", "clean")
    clean = book.commit({JANE: "name: Janina\n"})
    rewritten = Repository(book.root)
    assert rewritten.ancestors_among([first, second, third, clean]) == {clean}
    assert rewritten.replaced_among([first, second, third, clean], second[:12]) == {first, second}


def test_ancestors_are_those_that_head_descends_from(book: Checkout) -> None:
    first = Repository(book.root).head or ""
    book.git("checkout", "--quiet", "-b", "side")
    side = book.commit({"customers/side/customer.yaml": "name: S\n"})
    book.git("checkout", "--quiet", "main")
    second = book.commit({JANE: "name: Janet\n"})
    book.git("checkout", "--quiet", "--detach", first)
    newer = [second, side]
    assert Repository(book.root).ancestors_among([first, *newer, "f" * 40]) == {first}
    book.git("checkout", "--quiet", "main")
    assert Repository(book.root).ancestors_among([first, *newer, "f" * 40]) == {first, second}
    book.git("merge", "--quiet", "--message", "both", "side")
    assert Repository(book.root).ancestors_among([first, *newer]) == {first, second, side}


def test_thousands_of_unknown_commits_and_words_are_merely_not_among_the_ancestors(book: Checkout) -> None:
    at = Repository(book.root).head or ""
    strange = {f"{number:040x}" for number in range(5_000)} | {"", "HEAD", "--all", "main", "-x", at[:6], at.upper()}
    assert Repository(book.root).ancestors_among(strange | {at}) == {at}
    assert Repository(book.root).ancestors_among([]) == frozenset()


def test_an_id_cut_to_seven_digits_or_more_is_still_known(book: Checkout) -> None:
    at = Repository(book.root).head or ""
    assert Repository(book.root).ancestors_among([at[:7], at[:12], "0000000"]) == {at[:7], at[:12]}


@pytest.mark.parametrize("damage", ["empty ref", "lost commit", "lost tree"])
def test_a_damaged_history_is_unreadable_and_not_a_missing_one(book: Checkout, damage: str) -> None:
    if damage == "empty ref":
        (book.root / ".git/refs/heads/main").write_text("")
    else:
        lost = book.git("rev-parse", "HEAD" if damage == "lost commit" else "HEAD:customers")
        (book.root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(FilesUnreadable):
        Repository(book.root).tree()


def test_a_lost_blob_makes_its_file_unreadable_at_that_commit(book: Checkout) -> None:
    lost = book.git("rev-parse", f"HEAD:{JANE}")
    (book.root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    found = {file.path: file.rule for file in Repository(book.root).tree_at("HEAD").files if file.rule}
    assert found == {JANE: "file-unreadable"}


def test_git_that_does_not_end_is_ended(book: Checkout) -> None:
    os.mkfifo(book.root.parent / "patterns")
    book.configure(core__excludesFile=str(book.root.parent / "patterns"))
    git = Git("git", book.root, book.root, timeout_s=0.3)
    with pytest.raises(FilesUnreadable, match=r"ls-files did not end within 0\.3 s"):
        git.read_output("ls-files", "-z", "--others", "--ignored", "--exclude-standard")
