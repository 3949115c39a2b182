"""A folder with the git repository around it: files on the disk, files of a commit, and history.

In: the root, the folder that contains `portal.yaml`. Out: a `Tree` for `documents`, and answers
about commits. A file that must not or cannot be read is returned with its rule and never left out:
a missing file would look like a removed contact. The content of files is not checked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from reconciler.adapters import commits, source_files
from reconciler.adapters.blob_ids import LINK_PREFIX
from reconciler.adapters.commits import Entry
from reconciler.adapters.git import Git, find_git
from reconciler.adapters.patterns import (
    parse_patterns,
    refuse_unmatched,
    select_entries,
    top_names,
)
from reconciler.adapters.source_files import (
    CUSTOMERS,
    MAX_TOTAL_BYTES,
    PATHS,
    printable,
    text_of,
)
from reconciler.adapters.tree_walk import WalkResult, walk, walk_matching
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import SourceFile, Tree

_SHA256_DIGITS: Final = 64
# HEAD~1, @^2 and the like, but not HEAD-of-line, which may be a branch
_FROM_HEAD: Final = re.compile(r"\A(?:HEAD|@)(?=\Z|[~^])")
# No object has this id. It replaces HEAD if there was no commit when the command started: git could
# already know a later one.
_NO_COMMIT: Final = "0" * 40

DiskWalk: TypeAlias = Callable[[Path, frozenset[str], str | None], WalkResult]
EntrySelection: TypeAlias = Callable[[Mapping[str, Entry]], dict[str, Entry]]


@dataclass(frozen=True, slots=True)
class _PatternMatches:
    """Files that patterns match on the disk, and the paths among them that differ from HEAD."""

    files: tuple[SourceFile, ...]
    dirty: tuple[str, ...]


class Repository:
    """One folder and its git repository, or a folder without one; opened once for each command.

    HEAD is resolved here and never again. The commit of a tree, its dirty files and all ancestors
    refer to that one commit, even if somebody commits while the command runs.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._git = find_git(root)
        self._head = commits.head_of(self._git) if self._git else None
        self._is_ancestor = {self._head: True} if self._head else {}
        self._commit_by_ref: dict[str, str] = {}
        self._matches: dict[tuple[str, ...], _PatternMatches] = {}

    @property
    def head(self) -> str | None:
        """The full id of HEAD; None outside of git and before the first commit."""
        return self._head

    def tree(self) -> Tree:
        """Return the files of the working tree that git does not ignore; outside of git, all files.

        Before the first commit all are dirty. Errors: `Refused` in a sparse checkout without some
        of the files.
        """
        result, dirty = self._read_disk(PATHS, walk, dict)
        return Tree(_sorted(result.files.values()), result.has_customers, self._head, dirty)

    def tree_at(self, ref: str) -> Tree:
        """Return the files of a commit, read from git's object store and not from the disk."""
        git, commit = self._commit(ref)
        entry_by_path = commits.entries(git, commit, PATHS)
        has_customers = any(path.partition("/")[0] == CUSTOMERS for path in entry_by_path)
        return Tree(_files_of(git, entry_by_path, ref), has_customers, commit)

    def matching(self, patterns: Sequence[str]) -> tuple[SourceFile, ...]:
        """Return the files on the disk, outside of `customers/`, that paths or globs match.

        A pattern that is not allowed or has no match becomes a refusal under its own text. The
        disk is read once for the same patterns: `dirty_among` compares exactly these files.
        """
        return self._matches_of(tuple(patterns)).files

    def dirty_among(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Return the paths that these patterns match, on the disk or at HEAD, and that differ."""
        return self._matches_of(tuple(patterns)).dirty

    def matching_at(self, ref: str, patterns: Sequence[str]) -> tuple[SourceFile, ...]:
        """Return the files of a commit that paths or globs match; refusals as in `matching`."""
        git, commit = self._commit(ref)
        valid_patterns, refusals = parse_patterns(patterns)
        # without patterns there are no names, and no names would mean all entries
        entry_by_path = (
            commits.entries(git, commit, top_names(valid_patterns))
            if valid_patterns
            else {}
        )
        selected = select_entries(valid_patterns, entry_by_path)
        without_match = refuse_unmatched(valid_patterns, selected)
        return _sorted([*_files_of(git, selected, ref), *refusals, *without_match])

    def ancestors_among(self, candidates: Iterable[str]) -> frozenset[str]:
        """Return those of the commits that HEAD descends from, HEAD included.

        A commit that git does not know is not among them. Answers are cached: they never change.
        """
        ids = frozenset(candidates)
        uncached = ids - self._is_ancestor.keys()
        if self._git and self._head and uncached:
            ancestors = commits.ancestors(self._git, self._head, uncached)
            self._is_ancestor.update({commit: commit in ancestors for commit in uncached})
        return frozenset(commit for commit in ids if self._is_ancestor.get(commit))

    def replaced_among(self, candidates: Iterable[str], former: str) -> frozenset[str]:
        """Return those of the commits that a rewritten history replaced: `former`, the commits that
        it descends from, and those that do not exist here.

        None in a shallow clone, which cannot know.
        """
        if self._git is None or commits.is_shallow(self._git):
            return frozenset()
        ids = frozenset(candidates)
        newest = commits.find_commit(self._git, former)
        older = commits.ancestors(self._git, newest, ids) if newest else frozenset()
        return older | commits.unknown_commits(self._git, ids)

    def _matches_of(self, patterns: tuple[str, ...]) -> _PatternMatches:
        if patterns not in self._matches:
            self._matches[patterns] = self._read_matches(patterns)
        return self._matches[patterns]

    def _read_matches(self, patterns: tuple[str, ...]) -> _PatternMatches:
        valid_patterns, refusals = parse_patterns(patterns)
        if not valid_patterns:
            return _PatternMatches(_sorted(refusals), ())
        result, dirty = self._read_disk(
            top_names(valid_patterns),
            partial(walk_matching, valid_patterns),
            partial(select_entries, valid_patterns),
        )
        without_match = refuse_unmatched(valid_patterns, result.files)
        files = _sorted([*result.files.values(), *refusals, *without_match])
        return _PatternMatches(files, dirty)

    def _read_disk(
        self,
        names: Sequence[str],
        walk_disk: DiskWalk,
        select: EntrySelection,
    ) -> tuple[WalkResult, tuple[str, ...]]:
        """Return the result of a walk, and the paths in it that differ from HEAD.

        `names`: the names below the root that git is asked about, empty for all. `select`: picks
        the entries of a commit that the walk would find in its checkout.
        """
        git = self._git
        if git is None:
            return walk_disk(self.root, frozenset(), None), ()
        _refuse_sparse(git, names, select)
        ignored_paths = _ignored_paths(git, names)
        result = (
            WalkResult()
            if ignored_paths is None
            else walk_disk(self.root, ignored_paths, self._digest)
        )
        entry_by_path = (
            select(commits.entries(git, self._head, names)) if self._head else {}
        )
        # a submodule that is not checked out is an empty folder, and the walk finds nothing there
        for path, entry in entry_by_path.items():
            if entry.mode == commits.SUBMODULE_MODE:
                result.files[path] = source_files.inner_repository(path)
                result.blob_ids[path] = entry.blob
        dirty = _dirty_paths(git, entry_by_path, result)
        return result, tuple(sorted(printable(path) for path in dirty))

    @property
    def _digest(self) -> str:
        return "sha256" if self._head and len(self._head) == _SHA256_DIGITS else "sha1"

    def _commit(self, ref: str) -> tuple[Git, str]:
        """Return the full id of a commit; each name is resolved once, HEAD to `self.head`."""
        if self._git is None:
            message = (
                f"'{self.root}' is not in a git repository, so there is no commit '{ref}'"
            )
            raise WrongUsage(message, "run the command in a checkout")
        if ref not in self._commit_by_ref:
            name = _FROM_HEAD.sub(self._head or _NO_COMMIT, ref)
            commit = commits.find_commit(self._git, name)
            if commit is None:
                raise _unknown_commit(self._git, ref)
            self._commit_by_ref[ref] = commit
        return self._git, self._commit_by_ref[ref]


def _files_of(
    git: Git, entry_by_path: Mapping[str, Entry], ref: str
) -> tuple[SourceFile, ...]:
    entries = [entry for entry in entry_by_path.values() if _is_file(entry)]
    size_by_blob = commits.sizes(git, {entry.blob for entry in entries}) if entries else {}
    # summed over entries and not over blobs: one large blob can have a thousand names
    if sum(size_by_blob.get(entry.blob, 0) for entry in entries) > MAX_TOTAL_BYTES:
        message = f"the files at '{ref}' have more than {MAX_TOTAL_BYTES:,} bytes"
        raise FilesUnreadable(message, "name another commit")
    bytes_by_blob = commits.contents(git, size_by_blob)
    return _sorted(
        _file_of_entry(path, entry, size_by_blob, bytes_by_blob)
        for path, entry in entry_by_path.items()
    )


def _file_of_entry(
    path: str,
    entry: Entry,
    size_by_blob: Mapping[str, int],
    bytes_by_blob: Mapping[str, bytes],
) -> SourceFile:
    if entry.mode == commits.LINK_MODE:
        return source_files.link(path)
    if entry.mode == commits.SUBMODULE_MODE:
        return source_files.inner_repository(path)
    if entry == commits.FOLDER_ENTRY:
        return source_files.folder_for_file(path)
    if entry.blob in bytes_by_blob:
        return source_files.plain_file(path, bytes_by_blob[entry.blob])
    if entry.blob in size_by_blob:
        return source_files.large_file(path, size_by_blob[entry.blob])
    return source_files.unreadable_file(path, "its bytes are not in this repository")


def _unknown_commit(git: Git, ref: str) -> WrongUsage | Refused:
    if commits.is_shallow(git):
        hint = (
            "fetch the full history: fetch-depth: 0 in a pipeline, or git fetch --unshallow"
        )
        return Refused(f"this is a shallow clone without the commit '{ref}'", hint)
    hint = "name a branch, a tag or a commit, and fetch it first"
    return WrongUsage(f"git knows no commit '{ref}' here", hint)


def _refuse_sparse(git: Git, names: Sequence[str], select: EntrySelection) -> None:
    """Raise `Refused` if a sparse checkout left files out: on the disk they look removed."""
    literal = (f":(literal){name}" for name in names)
    lines = git.read_output("ls-files", "-z", "-t", "--cached", "--", *literal).split(b"\0")
    # `S`: the bit skip-worktree, which a sparse checkout sets for the files that it leaves out
    absent = {
        text_of(line[2:]): Entry("100644", "") for line in lines if line.startswith(b"S ")
    }
    if omitted := sorted(select(absent)):
        count = f"{len(omitted):,} of the files, for example {printable(omitted[0])}"
        message = f"this is a sparse checkout without {count}; nothing was changed"
        raise Refused(message, "check out all files: git sparse-checkout disable")


def _ignored_paths(git: Git, names: Sequence[str]) -> frozenset[str] | None:
    """Return the untracked paths that git ignores, folders with `/` at the end; None for all."""
    # The ignored folder may be above the root, so git runs in the top folder of the work tree.
    # `.git` is one more path because git fails if all paths are below an ignored folder.
    prefix = (
        "" if git.folder == git.top else f"{git.folder.relative_to(git.top).as_posix()}/"
    )
    paths = [f":(literal){prefix}{name}" for name in names] or [
        f":(literal){prefix or '.'}"
    ]
    command = (
        "ls-files",
        "-z",
        "--others",
        "--ignored",
        "--exclude-standard",
        "--directory",
        "--",
    )
    from_top = replace(git, folder=git.top)
    output = from_top.read_output(*command, *paths, ".git")
    ignored_paths = {text_of(path) for path in output.split(b"\0") if path}
    if any(prefix.startswith(path) for path in ignored_paths):
        return None
    return frozenset(path.removeprefix(prefix) for path in ignored_paths)


def _dirty_paths(
    git: Git, entry_by_path: Mapping[str, Entry], result: WalkResult
) -> set[str]:
    """Return the paths that differ between commit and disk in more than line ends."""
    # `git status` is no alternative: it runs the clean filters that the repository names, and it
    # believes the index, where `assume-unchanged` hides a change
    ids = {path: _blob_id(entry) for path, entry in entry_by_path.items()}
    paths = ids.keys() | result.blob_ids.keys()
    differing = {path for path in paths if ids.get(path) != result.blob_ids.get(path)}
    # ids on the disk are those of bytes with LF; a blob that was committed with CRLF has another id
    candidates = {
        path
        for path in differing & ids.keys()
        if _is_file(entry_by_path[path]) and _content(result, path) is not None
    }
    if not candidates:
        return differing
    blobs = {entry_by_path[path].blob for path in candidates}
    bytes_by_blob = commits.contents(git, commits.sizes(git, blobs))
    return differing - {
        path
        for path in candidates
        if _equal_lines(bytes_by_blob.get(entry_by_path[path].blob), _content(result, path))
    }


def _blob_id(entry: Entry) -> str:
    return (LINK_PREFIX if entry.mode == commits.LINK_MODE else "") + entry.blob


def _content(result: WalkResult, path: str) -> bytes | None:
    file = result.files.get(path)
    return file.content if file else None


def _equal_lines(committed: bytes | None, content: bytes | None) -> bool:
    return committed is not None and source_files.with_lf(committed) == content


def _is_file(entry: Entry) -> bool:
    # 100644 and 100755: whether a document is executable does not matter
    return entry.mode.startswith("100")


def _sorted(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    return tuple(sorted(files, key=lambda file: file.path))
