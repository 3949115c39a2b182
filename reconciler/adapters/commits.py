"""The commits of a repository: their ids, their ancestors, their files.

In: `Git`, and names of commits as people or the portal wrote them. Out: full ids, entries, bytes.
Text from the portal is never passed to git; text from a person only after it was checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from reconciler.adapters.git import Git
from reconciler.adapters.source_files import MAX_FILE_BYTES, MAX_FILES, text_of
from reconciler.model.errors import FilesUnreadable, WrongUsage

# Modes of entries, in octal as `git ls-tree` writes them.
LINK_MODE: Final = "120000"
SUBMODULE_MODE: Final = "160000"

_HEX: Final = frozenset("0123456789abcdef")
# hex digits of SHA-1 and SHA-256
_ID_LENGTHS: Final = frozenset({40, 64})
# git shortens ids to 7 digits or more; fewer could name several commits
_MIN_ID_LENGTH: Final = 7
_MAX_NAME_LENGTH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a commit: its mode as git writes it, and the id of its bytes."""

    mode: str
    blob: str


# Stands for a folder where a pattern expects a file; `ls-tree -r` lists no folders.
FOLDER_ENTRY: Final = Entry("040000", "")


def head_of(git: Git) -> str | None:
    """Return the full id of HEAD; None before the first commit."""
    # ^{commit} follows an annotated tag to its commit, and fails if that commit is missing
    if commit := git.read_line("rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        return commit
    # Before the first commit HEAD names a branch that does not exist. Anything else is damage.
    if (
        git.read_line("symbolic-ref", "--quiet", "HEAD")
        and git.read_line("rev-parse", "--verify", "--quiet", "HEAD") is None
    ):
        return None
    raise FilesUnreadable(
        "HEAD points to a commit that does not exist here",
        "repair the repository; git fsck lists the damage",
    )


def find_commit(git: Git, name: str) -> str | None:
    """Return the full id of the commit that a branch, tag or id names; None if there is none.

    Errors: `WrongUsage` for text that cannot be such a name.
    """
    # a leading `-` would be an option of git
    if (
        not name
        or name.startswith("-")
        or len(name) > _MAX_NAME_LENGTH
        or not name.isprintable()
    ):
        raise WrongUsage(
            f"{name[:_MAX_NAME_LENGTH]!r} is not the name of a commit",
            "name a branch, a tag or a commit",
        )
    commit = git.read_line("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return commit if commit and len(commit) in _ID_LENGTHS and set(commit) <= _HEX else None


def is_shallow(git: Git) -> bool:
    """Return whether the clone lacks a part of the history."""
    return git.read_line("rev-parse", "--is-shallow-repository") == "true"


def ancestors(git: Git, head: str, commits: Iterable[str]) -> frozenset[str]:
    """Return those of the commits that HEAD descends from, HEAD included.

    An id may be shortened to 7 digits or more. One walk from HEAD backwards, which ends when all
    are found: the commit that was applied last is near.
    """
    valid_ids = {
        commit
        for commit in commits
        if _MIN_ID_LENGTH <= len(commit) <= max(_ID_LENGTHS) and set(commit) <= _HEX
    }
    if not valid_ids:
        return frozenset()
    remaining, rest = set(valid_ids), ""
    lengths = sorted({len(commit) for commit in valid_ids})
    # `--`: without it, an id that is also the name of a file is ambiguous
    with closing(git.stream_output("rev-list", head, "--")) as parts:
        for part in parts:
            # a part may end within an id; the rest is completed by the next part
            *ids, rest = (rest + part.decode("ascii")).split("\n")
            for length in lengths:
                remaining -= {id[:length] for id in ids}
            if not remaining:
                break
    return frozenset(valid_ids - remaining)


def unknown_commits(git: Git, commits: Iterable[str]) -> frozenset[str]:
    """Return those of the commits that are not in the repository."""
    ids = sorted({commit for commit in commits if set(commit) <= _HEX})
    if not ids:
        return frozenset()
    lines = git.read_output("cat-file", "--batch-check", stdin=_lines(ids)).decode("ascii")
    # `ID commit SIZE`; `ID missing`, or another kind of object
    return frozenset(
        commit
        for commit, line in zip(ids, lines.splitlines(), strict=True)
        if line.split(" ")[1] != "commit"
    )


def entries(git: Git, commit: str, names: Sequence[str]) -> dict[str, Entry]:
    """Return the commit's entries by path relative to the folder, at and below these names.

    No names: all entries.
    """
    entry_by_path: dict[str, Entry] = {}
    # without :(literal) git reads a name such as `a*` as a pattern; without -z it quotes paths
    literal = (f":(literal){name}" for name in names)
    for line in git.read_output("ls-tree", "-r", "-z", commit, "--", *literal).split(b"\0"):
        if line:
            head, _, path = line.partition(b"\t")
            mode, _, blob = head.decode("ascii").split(" ")
            entry_by_path[text_of(path)] = Entry(mode, blob)
    if len(entry_by_path) > MAX_FILES:
        raise FilesUnreadable(
            f"the commit has more than {MAX_FILES:,} files",
            "remove the files that do not belong in the repository",
        )
    return entry_by_path


def sizes(git: Git, blobs: Iterable[str]) -> dict[str, int]:
    """Return the size of each blob in bytes; blobs that are not in the repository are left out."""
    size_by_blob = {}
    for line in (
        git.read_output("cat-file", "--batch-check", stdin=_lines(blobs))
        .decode("ascii")
        .splitlines()
    ):
        # `ID blob SIZE`, or `ID missing` in a partial clone or a damaged repository
        blob, kind, *size = line.split(" ")
        if kind == "blob":
            size_by_blob[blob] = int(size[0])
    return size_by_blob


def contents(git: Git, size_by_blob: dict[str, int]) -> dict[str, bytes]:
    """Return the bytes of each blob that is not larger than a document may be."""
    blobs = [blob for blob, size in size_by_blob.items() if size <= MAX_FILE_BYTES]
    if not blobs:
        return {}
    # For each blob, in the order of stdin: a line `ID blob SIZE`, the bytes, and a line feed. Lines
    # in the bytes may look like such a header, so only sizes tell where the next one begins.
    output = git.read_output("cat-file", "--batch", stdin=_lines(blobs))
    bytes_by_blob, position = {}, 0
    for blob in sorted(blobs):
        start = output.index(b"\n", position) + 1
        if not output.startswith(f"{blob} blob {size_by_blob[blob]}\n".encode(), position):
            raise FilesUnreadable(
                f"git cannot show blob {blob}",
                "repair the repository; git fsck lists the damage",
            )
        position = start + size_by_blob[blob] + 1
        bytes_by_blob[blob] = output[start : position - 1]
    return bytes_by_blob


def _lines(blobs: Iterable[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in sorted(blobs)).encode("ascii")
