"""What the commits of a repository hold: which there are, who descends from whom, their files.

In: `Git`, and names of commits as people or the portal wrote them. Out: full ids, entries, bytes.
Nothing that the portal says is ever handed to git; what a person says only after a look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from reconciler.adapters.git import Git
from reconciler.adapters.source_files import LARGEST, MOST_FILES, text_of
from reconciler.model.errors import FilesUnreadable, WrongUsage

LINK: Final = "120000"
REPOSITORY: Final = "160000"

_HEX: Final = frozenset("0123456789abcdef")
_LENGTHS: Final = frozenset({40, 64})
_SHORTEST: Final = 7
_LONGEST_NAME: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a commit: its mode as git writes it, and the id of its bytes."""

    mode: str
    blob: str


# A folder where a file was looked for.
FOLDER_ENTRY: Final = Entry("040000", "")


def head_of(git: Git) -> str | None:
    """The full id of HEAD; None before the first commit."""
    if found := git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        return found
    if (
        git.ask("symbolic-ref", "--quiet", "HEAD")
        and git.ask("rev-parse", "--verify", "--quiet", "HEAD") is None
    ):
        return None
    raise FilesUnreadable(
        "HEAD leads to no commit that is there",
        "repair the repository: git fsck says what is lost",
    )


def commit_named(git: Git, name: str) -> str | None:
    """The full id of the commit that a branch, a tag or an id means here; None when there is
    none.
    """
    if (
        not name
        or name.startswith("-")
        or len(name) > _LONGEST_NAME
        or not name.isprintable()
    ):
        raise WrongUsage(
            f"{name[:_LONGEST_NAME]!r} is not the name of a commit",
            "name a branch, a tag or a commit",
        )
    found = git.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return found if found and len(found) in _LENGTHS and set(found) <= _HEX else None


def is_shallow(git: Git) -> bool:
    """Whether the history was cut off when it was fetched."""
    return git.ask("rev-parse", "--is-shallow-repository") == "true"


def ancestors(git: Git, head: str, commits: Iterable[str]) -> frozenset[str]:
    """Those of the commits that HEAD descends from, HEAD included; an id may be cut to 7 digits
    or more.

    One walk from HEAD backwards, which ends as soon as all are found: what was applied last is
    near.
    """
    wanted = {
        commit
        for commit in commits
        if _SHORTEST <= len(commit) <= max(_LENGTHS) and set(commit) <= _HEX
    }
    if not wanted:
        return frozenset()
    missing, rest = set(wanted), ""
    lengths = sorted({len(commit) for commit in wanted})
    with closing(git.stream("rev-list", head, "--")) as parts:
        for part in parts:
            *ids, rest = (rest + part.decode("ascii")).split("\n")
            for length in lengths:
                missing -= {id[:length] for id in ids}
            if not missing:
                break
    return frozenset(wanted - missing)


def entries(git: Git, commit: str, names: Sequence[str]) -> dict[str, Entry]:
    """The commit's entries by path relative to the folder: at and below these names, or all."""
    found: dict[str, Entry] = {}
    literal = (f":(literal){name}" for name in names)
    for line in git.listing("ls-tree", "-r", "-z", commit, "--", *literal).split(b"\0"):
        if line:
            about, _, path = line.partition(b"\t")
            mode, _, blob = about.decode("ascii").split(" ")
            found[text_of(path)] = Entry(mode, blob)
    if len(found) > MOST_FILES:
        raise FilesUnreadable(
            f"the commit has more than {MOST_FILES:,} files",
            "look for what does not belong there",
        )
    return found


def sizes(git: Git, blobs: Iterable[str]) -> dict[str, int]:
    """How many bytes each blob has; those that are not in the repository are left out."""
    found = {}
    for line in (
        git.listing("cat-file", "--batch-check", stdin=_lines(blobs))
        .decode("ascii")
        .splitlines()
    ):
        blob, kind, *size = line.split(" ")
        if kind == "blob":
            found[blob] = int(size[0])
    return found


def contents(git: Git, known: dict[str, int]) -> dict[str, bytes]:
    """The bytes of blobs whose sizes are known, as far as they are no larger than a document
    may be.
    """
    wanted = [blob for blob, size in known.items() if size <= LARGEST]
    if not wanted:
        return {}
    said, found, at = git.listing("cat-file", "--batch", stdin=_lines(wanted)), {}, 0
    for blob in sorted(wanted):
        start = said.index(b"\n", at) + 1
        if not said.startswith(f"{blob} blob {known[blob]}\n".encode(), at):
            raise FilesUnreadable(
                f"git cannot show blob {blob}",
                "repair the repository: git fsck says what is lost",
            )
        at = start + known[blob] + 1
        found[blob] = said[start : at - 1]
    return found


def _lines(blobs: Iterable[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in sorted(blobs)).encode("ascii")
