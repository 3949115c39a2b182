"""A folder with the git repository around it: files on the disk, files of a commit, and history.

In: the root, the folder that holds `portal.yaml`. Out: a `Tree` for `documents`, and answers about
commits. A file that must not or cannot be read comes along with its rule and is never left out: a
file that is merely not seen would look like a contact who was removed. Nothing here judges what a
file says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from reconciler.adapters import commits, source_files
from reconciler.adapters.commits import Entry
from reconciler.adapters.git import Git, find_git
from reconciler.adapters.patterns import (
    parse_patterns,
    select_entries,
    top_names,
    unmatched,
)
from reconciler.adapters.source_files import (
    CUSTOMERS,
    MOST_BYTES,
    PATHS,
    printable,
    text_of,
)
from reconciler.adapters.tree_walk import LINK, Walked, walk, walk_matching
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import SourceFile, Tree

_SHA256_DIGITS: Final = 64
_FROM_HEAD: Final = re.compile(r"\A(?:HEAD|@)(?=\Z|[~^])")
_NO_COMMIT: Final = "0" * 40

Walking: TypeAlias = Callable[[Path, frozenset[str], str | None], Walked]
Selecting: TypeAlias = Callable[[Mapping[str, Entry]], dict[str, Entry]]


@dataclass(frozen=True, slots=True)
class _Matched:
    """Files that patterns match on the disk, and the paths among them that differ from HEAD."""

    files: tuple[SourceFile, ...]
    dirty: tuple[str, ...]


class Repository:
    """One folder and its git repository, or a folder without one; opened once for each command.

    HEAD is resolved here and never again. The commit of a tree, its dirty files and all ancestors
    are judged against that one commit, even if somebody commits while the command runs.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._git = find_git(root)
        self._head = commits.head_of(self._git) if self._git else None
        self._descends = {self._head: True} if self._head else {}
        self._named: dict[str, str] = {}
        self._matched: dict[tuple[str, ...], _Matched] = {}

    @property
    def head(self) -> str | None:
        """The full id of HEAD; None outside of git and before the first commit."""
        return self._head

    def tree(self) -> Tree:
        """The files of the working tree without what git ignores; outside of git, all files.

        `Refused` when a sparse checkout left files out. Before the first commit all are dirty.
        """
        walked, dirty = self._on_disk(PATHS, walk, dict)
        return Tree(_sorted(walked.files.values()), walked.has_customers, self._head, dirty)

    def tree_at(self, ref: str) -> Tree:
        """The files as a commit has them, read from git's store and not from the disk."""
        git, commit = self._commit(ref)
        held = commits.entries(git, commit, PATHS)
        has_customers = any(path.partition("/")[0] == CUSTOMERS for path in held)
        return Tree(_files_of(git, held, ref), has_customers, commit)

    def matching(self, patterns: Sequence[str]) -> tuple[SourceFile, ...]:
        """The files on the disk, outside of `customers/`, that paths or globs match.

        A pattern that is not allowed or has no match comes as a refusal under its own text. The
        disk is read once for the same patterns: `dirty_among` judges exactly these files.
        """
        return self._matching(tuple(patterns)).files

    def dirty_among(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """The paths that these patterns match, on the disk or at HEAD, and that differ."""
        return self._matching(tuple(patterns)).dirty

    def matching_at(self, ref: str, patterns: Sequence[str]) -> tuple[SourceFile, ...]:
        """The files of a commit that paths or globs match, with the refusals of `matching`."""
        git, commit = self._commit(ref)
        allowed, refused = parse_patterns(patterns)
        held = commits.entries(git, commit, top_names(allowed)) if allowed else {}
        selected = select_entries(allowed, held)
        missing = unmatched(allowed, selected)
        return _sorted([*_files_of(git, selected, ref), *refused, *missing])

    def ancestors_among(self, named: Iterable[str]) -> frozenset[str]:
        """Those of the commits that HEAD descends from, HEAD included.

        A commit that git does not know is not among them. The answer for a commit never changes,
        so git is asked only about commits that are new here.
        """
        asked = frozenset(named)
        unknown = asked - self._descends.keys()
        if self._git and self._head and unknown:
            found = commits.ancestors(self._git, self._head, unknown)
            self._descends.update({commit: commit in found for commit in unknown})
        return frozenset(commit for commit in asked if self._descends.get(commit))

    def _matching(self, patterns: tuple[str, ...]) -> _Matched:
        if patterns not in self._matched:
            self._matched[patterns] = self._match(patterns)
        return self._matched[patterns]

    def _match(self, patterns: tuple[str, ...]) -> _Matched:
        allowed, refused = parse_patterns(patterns)
        if not allowed:
            return _Matched(_sorted(refused), ())
        walking = partial(walk_matching, allowed)
        walked, dirty = self._on_disk(
            top_names(allowed), walking, partial(select_entries, allowed)
        )
        missing = unmatched(allowed, walked.files)
        return _Matched(_sorted([*walked.files.values(), *refused, *missing]), dirty)

    def _on_disk(
        self,
        names: Sequence[str],
        walking: Walking,
        selecting: Selecting,
    ) -> tuple[Walked, tuple[str, ...]]:
        """What a walk finds, and which of it differs from HEAD.

        `names`: the names below the root that git is asked about, empty for all. `selecting`: the
        entries of a commit that the walk would find in its checkout.
        """
        git = self._git
        if git is None:
            return walking(self.root, frozenset(), None), ()
        _refuse_sparse(git, names, selecting)
        ignored = _ignored(git, names)
        walked = Walked() if ignored is None else walking(self.root, ignored, self._digest)
        held = selecting(commits.entries(git, self._head, names)) if self._head else {}
        for path, entry in held.items():
            if entry.mode == commits.REPOSITORY:
                walked.files[path] = source_files.repository_within(path)
                walked.marks[path] = entry.blob
        differing = _differing(git, held, walked)
        return walked, tuple(sorted(printable(path) for path in differing))

    @property
    def _digest(self) -> str:
        return "sha256" if self._head and len(self._head) == _SHA256_DIGITS else "sha1"

    def _commit(self, ref: str) -> tuple[Git, str]:
        """The full id of a commit; each name is resolved once, HEAD to the one known here."""
        if self._git is None:
            message = f"'{self.root}' is in no git repository, so it has no commit '{ref}'"
            raise WrongUsage(message, "run the command in a checkout")
        if ref not in self._named:
            name = _FROM_HEAD.sub(self._head or _NO_COMMIT, ref)
            commit = commits.commit_named(self._git, name)
            if commit is None:
                raise _unknown(self._git, ref)
            self._named[ref] = commit
        return self._git, self._named[ref]


def _files_of(git: Git, held: Mapping[str, Entry], ref: str) -> tuple[SourceFile, ...]:
    files = [entry for entry in held.values() if _is_file(entry)]
    known = commits.sizes(git, {entry.blob for entry in files}) if files else {}
    if sum(known.get(entry.blob, 0) for entry in files) > MOST_BYTES:
        message = f"the files at '{ref}' hold more than {MOST_BYTES:,} bytes"
        raise FilesUnreadable(message, "name another commit")
    bytes_of = commits.contents(git, known)
    return _sorted(_at_commit(path, entry, known, bytes_of) for path, entry in held.items())


def _at_commit(
    path: str,
    entry: Entry,
    known: Mapping[str, int],
    bytes_of: Mapping[str, bytes],
) -> SourceFile:
    if entry.mode == commits.LINK:
        return source_files.link(path)
    if entry.mode == commits.REPOSITORY:
        return source_files.repository_within(path)
    if entry == commits.FOLDER_ENTRY:
        return source_files.folder_for_file(path)
    if entry.blob in bytes_of:
        return source_files.plain(path, bytes_of[entry.blob])
    if entry.blob in known:
        return source_files.too_large(path, known[entry.blob])
    return source_files.unreadable(path, "its bytes are not in this repository")


def _unknown(git: Git, ref: str) -> WrongUsage | Refused:
    if commits.is_shallow(git):
        hint = "fetch the whole history: fetch-depth: 0 in a pipeline, or git fetch --unshallow"
        return Refused(f"this is a shallow clone without the commit '{ref}'", hint)
    hint = "name a branch, a tag or a commit, and fetch it first"
    return WrongUsage(f"git knows no commit '{ref}' here", hint)


def _refuse_sparse(git: Git, names: Sequence[str], selecting: Selecting) -> None:
    """A file that a sparse checkout left out is not removed, though the disk looks like it."""
    literal = (f":(literal){name}" for name in names)
    listed = git.listing("ls-files", "-z", "-t", "--cached", "--", *literal).split(b"\0")
    absent = {
        text_of(line[2:]): Entry("100644", "") for line in listed if line.startswith(b"S ")
    }
    if left_out := sorted(selecting(absent)):
        count = f"{len(left_out):,} of the files, for example {printable(left_out[0])}"
        message = f"this is a sparse checkout without {count}; nothing was changed"
        raise Refused(message, "check out all files: git sparse-checkout disable")


def _ignored(git: Git, names: Sequence[str]) -> frozenset[str] | None:
    """Files, and folders with `/` at the end, that git ignores and does not track; None for all.

    Git is asked from the top of the work tree, and about `.git` too: it may have to name a folder
    around the root, and fails when that folder is above everything it is asked about.
    """
    below = (
        "" if git.folder == git.top else f"{git.folder.relative_to(git.top).as_posix()}/"
    )
    wanted = [f":(literal){below}{name}" for name in names] or [f":(literal){below or '.'}"]
    words = (
        "ls-files",
        "-z",
        "--others",
        "--ignored",
        "--exclude-standard",
        "--directory",
        "--",
    )
    from_top = replace(git, folder=git.top)
    listed = from_top.listing(*words, *wanted, ".git").split(b"\0")
    ignored = {text_of(path) for path in listed if path}
    if any(below.startswith(path) for path in ignored):
        return None
    return frozenset(path.removeprefix(below) for path in ignored)


def _differing(git: Git, held: Mapping[str, Entry], walked: Walked) -> set[str]:
    """Paths that differ between commit and disk in more than line endings.

    Ids are compared, and where they differ the bytes. Git is not asked about the disk: it would run
    the filters that the repository names.
    """
    marks = {path: _mark(entry) for path, entry in held.items()}
    paths = marks.keys() | walked.marks.keys()
    differing = {path for path in paths if marks.get(path) != walked.marks.get(path)}
    unsure = {
        path for path in differing & marks.keys() if _may_be_equal(held[path], walked, path)
    }
    if not unsure:
        return differing
    stored = commits.contents(git, commits.sizes(git, {held[path].blob for path in unsure}))
    same = {
        path
        for path in unsure
        if _same(stored.get(held[path].blob), _content(walked, path))
    }
    return differing - same


def _mark(entry: Entry) -> str:
    return (LINK if entry.mode == commits.LINK else "") + entry.blob


def _may_be_equal(entry: Entry, walked: Walked, path: str) -> bool:
    return _is_file(entry) and _content(walked, path) is not None


def _content(walked: Walked, path: str) -> bytes | None:
    file = walked.files.get(path)
    return file.content if file else None


def _same(stored: bytes | None, content: bytes | None) -> bool:
    return stored is not None and source_files.lf(stored) == content


def _is_file(entry: Entry) -> bool:
    return entry.mode.startswith("100")


def _sorted(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    return tuple(sorted(files, key=lambda file: file.path))
