"""Paths and globs that `portal.yaml` names: which are allowed, and what they match.

In: patterns as somebody wrote them, and paths below the root. Out: the allowed patterns, and a
refusal for each of the others. `*` never matches a `/`: a pattern has a fixed depth, which bounds
every walk and every comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from reconciler.adapters import commits, source_files
from reconciler.adapters.commits import Entry
from reconciler.adapters.source_files import CUSTOMERS, MAX_DEPTH
from reconciler.model.errors import FilesUnreadable
from reconciler.model.files import SourceFile

MAX_LENGTH: Final = 1_000
MAX_PATTERNS: Final = 100
# what `fnmatch` treats as special
_WILD: Final = frozenset("*?[")
_NO_NAMES: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class Pattern:
    """An allowed pattern, split at `/`."""

    text: str
    parts: tuple[str, ...]

    @property
    def depth(self) -> int:
        """The number of names in a path that this pattern matches."""
        return len(self.parts)

    def matches_so_far(self, names: Sequence[str]) -> bool:
        """Return whether the names of a path match, up to the shorter of the two.

        A path into `customers/` never matches.
        """
        return names[0] != CUSTOMERS and all(map(_matches, names, self.parts))


def parse_patterns(
    texts: Sequence[str],
) -> tuple[tuple[Pattern, ...], tuple[SourceFile, ...]]:
    """Return the allowed patterns, and a refusal for each other text."""
    if len(texts) > MAX_PATTERNS:
        message = (
            f"portal.yaml lists {len(texts):,} paths of rules; the limit is {MAX_PATTERNS}"
        )
        raise FilesUnreadable(message, "use a glob such as policy/*.schema.json")
    refusals = {text: reason for text in texts if (reason := _reason_against(text))}
    valid_patterns = [
        Pattern(text, tuple(text.split("/"))) for text in texts if text not in refusals
    ]
    refused_files = [
        source_files.refused_pattern(text[:MAX_LENGTH], reason)
        for text, reason in refusals.items()
    ]
    return tuple(valid_patterns), tuple(refused_files)


def top_names(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """Return the top-level names that the patterns begin with; empty if it can be any name."""
    names = {pattern.parts[0] for pattern in patterns}
    return () if any(_WILD & set(name) for name in names) else tuple(sorted(names))


def select_entries(
    patterns: Sequence[Pattern], entry_by_path: Mapping[str, Entry]
) -> dict[str, Entry]:
    """Return a commit's entries that the patterns match, as a walk over its checkout finds them.

    A link or a submodule on the way to a match is included, and so is a folder where a file
    belongs: each becomes a refusal.
    """
    selected: dict[str, Entry] = {}
    for path, entry in entry_by_path.items():
        names = path.split("/")
        for pattern in patterns:
            if not pattern.matches_so_far(names):
                continue
            # a commit has no entries for folders: a longer path shows that this one is a folder
            if len(names) > pattern.depth:
                selected["/".join(names[: pattern.depth])] = commits.FOLDER_ENTRY
            elif len(names) == pattern.depth or entry.mode in {
                commits.LINK_MODE,
                commits.SUBMODULE_MODE,
            }:
                selected[path] = entry
    return selected


def refuse_unmatched(patterns: Iterable[Pattern], paths: Iterable[str]) -> list[SourceFile]:
    """Return a refusal for each pattern without a match; a link on the way counts as a match."""
    names_of_paths = [path.split("/") for path in paths]
    return [
        source_files.refused_pattern(pattern.text, "this matches no file")
        for pattern in patterns
        if not any(pattern.matches_so_far(names) for names in names_of_paths)
    ]


def _reason_against(text: str) -> str | None:
    names = text.split("/")
    if text.startswith("/"):
        return "this path is absolute; write it relative to the folder of portal.yaml"
    if not text.isprintable() or len(text) > MAX_LENGTH or _NO_NAMES & set(names):
        return "this is not a path below the folder of portal.yaml"
    if len(names) > MAX_DEPTH:
        return f"this path has {len(names)} parts; the limit is {MAX_DEPTH}"
    if "**" in text:
        return "'**' is not supported; write one '*' for each folder"
    return "rules belong outside of customers/" if names[0] == CUSTOMERS else None


def _matches(name: str, part: str) -> bool:
    """Return whether a name matches; as in a shell, `*` does not match a leading dot."""
    is_hidden = name.startswith(".") and not part.startswith(".")
    # not `fnmatch`: it ignores case on some systems, and a plan must be the same on all of them
    return name != ".git" and not is_hidden and fnmatchcase(name, part)
