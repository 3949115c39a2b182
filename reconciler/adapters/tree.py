"""The files of the desired state: as they lie on the disk, or as a commit has them.

In: the root, the folder that holds `portal.yaml`. Out: a `Tree` for `documents`. What must not or
cannot be read comes along as a file with its rule, never as nothing: a file that is merely not seen
would look like a person who is gone. Nothing here judges what a file says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from reconciler.adapters import commits, sources
from reconciler.adapters.commits import Entry
from reconciler.adapters.git import Git, repository
from reconciler.adapters.sources import CUSTOMERS, MOST_BYTES, PATHS, PORTAL, printable, text_of
from reconciler.adapters.walking import LINK, Walked, walk
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import SourceFile, Tree

_SHA256_DIGITS: Final = 64


def head(root: Path) -> str | None:
    """The full id of HEAD; None outside of git and before the first commit."""
    git = repository(root)
    return commits.head_of(git) if git else None


def ancestors_among(root: Path, named: Iterable[str]) -> frozenset[str]:
    """Those of the commits that HEAD descends from, HEAD included; what git does not know is not among them."""
    git = repository(root)
    at = commits.head_of(git) if git else None
    return commits.ancestors(git, at, named) if git and at else frozenset()


def read_tree(root: Path) -> Tree:
    """The files of the working tree without what git ignores; outside of git, all files and no commit.

    `Refused` when a sparse checkout left files out. Before the first commit every file is dirty.
    """
    git = repository(root)
    if git is None:
        walked = walk(root)
        return Tree(_sorted(walked.files.values()), walked.has_customers)
    _refuse_sparse(git)
    commit = commits.head_of(git)
    digest = "sha256" if commit and len(commit) == _SHA256_DIGITS else "sha1"
    walked = walk(root, _ignored(git), digest)
    held = commits.entries(git, commit) if commit else {}
    for path, entry in held.items():
        if entry.mode == commits.REPOSITORY:
            walked.files[path] = sources.repository_within(path)
            walked.marks[path] = entry.blob
    dirty = sorted(printable(path) for path in _differing(git, held, walked))
    return Tree(_sorted(walked.files.values()), walked.has_customers, commit, tuple(dirty))


def read_tree_at(root: Path, ref: str) -> Tree:
    """The files as a commit has them, read from git's store and not from the disk."""
    git = repository(root)
    if git is None:
        raise WrongUsage(f"'{root}' is in no git repository, so it has no '{ref}'", "run it in a checkout")
    commit = commits.commit_named(git, ref)
    if commit is None:
        raise _unknown(git, ref)
    held = commits.entries(git, commit)
    files = [entry for entry in held.values() if _is_file(entry)]
    known = commits.sizes(git, {entry.blob for entry in files})
    if sum(known.get(entry.blob, 0) for entry in files) > MOST_BYTES:
        raise FilesUnreadable(f"the files at '{ref}' hold more than {MOST_BYTES:,} bytes", "name another commit")
    bytes_of = commits.contents(git, known)
    found = [_at_commit(path, entry, known, bytes_of) for path, entry in held.items()]
    return Tree(_sorted(found), any(path.partition("/")[0] == CUSTOMERS for path in held), commit)


def _at_commit(path: str, entry: Entry, known: dict[str, int], bytes_of: dict[str, bytes]) -> SourceFile:
    if entry.mode == commits.LINK:
        return sources.link(path)
    if entry.mode == commits.REPOSITORY:
        return sources.repository_within(path)
    if entry.blob in bytes_of:
        return sources.plain(path, bytes_of[entry.blob])
    if entry.blob in known:
        return sources.too_large(path, known[entry.blob])
    return sources.unreadable(path, "its bytes are not in this repository")


def _unknown(git: Git, ref: str) -> WrongUsage | Refused:
    if commits.is_shallow(git):
        hint = "fetch the whole history: fetch-depth: 0 in a pipeline, else git fetch --unshallow"
        return Refused(f"the history here is cut off and has no commit '{ref}'", hint)
    return WrongUsage(f"git knows no commit '{ref}' here", "name a branch, a tag or a commit, and fetch it first")


def _refuse_sparse(git: Git) -> None:
    """What a sparse checkout left out is not gone, though the disk looks as if it were."""
    listed = git.listing("ls-files", "-z", "-t", "--cached", "--", *PATHS).split(b"\0")
    left_out = [text_of(line[2:]) for line in listed if line.startswith(b"S ")]
    if left_out:
        message = f"this is a sparse checkout without {len(left_out):,} of the files, as {printable(left_out[0])}"
        hint = "check out all of portal.yaml and customers/: git sparse-checkout disable"
        raise Refused(f"{message}; nothing was changed", hint)


def _ignored(git: Git) -> frozenset[str]:
    """Files, and folders with `/` at the end, that git ignores and does not track.

    Asked from the top, and for `.git` too: git may have to name a folder around the root, and stumbles
    when that is above all it is asked for.
    """
    below = "" if git.folder == git.top else f"{git.folder.relative_to(git.top).as_posix()}/"
    wanted = [f":(literal){below}{path}" for path in PATHS] + [".git"]
    words = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--", *wanted)
    named = {text_of(path) for path in replace(git, folder=git.top).listing(*words).split(b"\0") if path}
    if any(below.startswith(path) for path in named):
        return frozenset({PORTAL, f"{CUSTOMERS}/"})
    return frozenset(path.removeprefix(below) for path in named)


def _differing(git: Git, held: dict[str, Entry], walked: Walked) -> set[str]:
    """Paths that differ between commit and disk in more than the ends of lines.

    Ids are compared, and where they differ the bytes. Git is not asked: it would run the filters that
    the repository names.
    """
    marks = {path: (LINK if entry.mode == commits.LINK else "") + entry.blob for path, entry in held.items()}
    differing = {path for path in marks.keys() | walked.marks.keys() if marks.get(path) != walked.marks.get(path)}
    unsure = {path for path in differing & marks.keys() if _is_file(held[path]) and _content(walked, path) is not None}
    if not unsure:
        return differing
    stored = commits.contents(git, commits.sizes(git, {held[path].blob for path in unsure}))
    same = {path for path in unsure if _same(stored.get(held[path].blob), _content(walked, path))}
    return differing - same


def _content(walked: Walked, path: str) -> bytes | None:
    file = walked.files.get(path)
    return file.content if file else None


def _same(stored: bytes | None, content: bytes | None) -> bool:
    return stored is not None and sources.lf(stored) == content


def _is_file(entry: Entry) -> bool:
    return entry.mode.startswith("100")


def _sorted(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    return tuple(sorted(files, key=lambda file: file.path))
