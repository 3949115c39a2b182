"""Paths and globs that `portal.yaml` names: which are allowed, and what they match.

In: patterns as somebody wrote them, and paths below the root. Out: the allowed patterns, and a
refusal for each of the others. `*` never crosses a folder: a pattern has a fixed depth, so neither
a walk nor a comparison can run away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from reconciler.adapters import commits, source_files
from reconciler.adapters.commits import Entry
from reconciler.adapters.source_files import CUSTOMERS, DEEPEST
from reconciler.model.errors import FilesUnreadable
from reconciler.model.files import SourceFile

LONGEST: Final = 1_000
MOST_PATTERNS: Final = 100
_WILD: Final = frozenset("*?[")
_NO_NAMES: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class Pattern:
    """An allowed pattern, split at `/`."""

    text: str
    parts: tuple[str, ...]

    @property
    def depth(self) -> int:
        """How many names a path has that this pattern matches."""
        return len(self.parts)

    def agrees(self, names: Sequence[str]) -> bool:
        """Whether a path's names match, as far as both go; no path leads into `customers/`."""
        return names[0] != CUSTOMERS and all(map(_matches, names, self.parts))


def parse_patterns(
    texts: Sequence[str],
) -> tuple[tuple[Pattern, ...], tuple[SourceFile, ...]]:
    """The allowed patterns, and a refusal for each text that is not one."""
    if len(texts) > MOST_PATTERNS:
        message = (
            f"portal.yaml lists {len(texts):,} paths of rules; the limit is {MOST_PATTERNS}"
        )
        raise FilesUnreadable(message, "use a glob such as policy/*.schema.json")
    refusals = {text: reason for text in texts if (reason := _reason_against(text))}
    allowed = [
        Pattern(text, tuple(text.split("/"))) for text in texts if text not in refusals
    ]
    refused = [
        source_files.pattern(text[:LONGEST], reason) for text, reason in refusals.items()
    ]
    return tuple(allowed), tuple(refused)


def top_names(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """The names directly below the root that the patterns begin with; empty when it may be any."""
    names = {pattern.parts[0] for pattern in patterns}
    return () if any(_WILD & set(name) for name in names) else tuple(sorted(names))


def select_entries(
    patterns: Sequence[Pattern], held: Mapping[str, Entry]
) -> dict[str, Entry]:
    """A commit's entries that the patterns match, as a walk over its checkout would find them.

    A link or a submodule on the way to a match is one of them, and so is a folder where a file
    belongs: each becomes a refusal.
    """
    selected: dict[str, Entry] = {}
    for path, entry in held.items():
        names = path.split("/")
        for pattern in patterns:
            if not pattern.agrees(names):
                continue
            if len(names) > pattern.depth:
                selected["/".join(names[: pattern.depth])] = commits.FOLDER_ENTRY
            elif len(names) == pattern.depth or entry.mode in {
                commits.LINK,
                commits.REPOSITORY,
            }:
                selected[path] = entry
    return selected


def unmatched(patterns: Iterable[Pattern], paths: Iterable[str]) -> list[SourceFile]:
    """A refusal for each pattern without a match; a refused link on the way counts as one."""
    found = [path.split("/") for path in paths]
    without = [each for each in patterns if not any(each.agrees(names) for names in found)]
    return [source_files.pattern(each.text, "this matches no file") for each in without]


def _reason_against(text: str) -> str | None:
    names = text.split("/")
    if text.startswith("/"):
        return "this path is absolute; write it relative to the folder of portal.yaml"
    if not text.isprintable() or len(text) > LONGEST or _NO_NAMES & set(names):
        return "this is not a path below the folder of portal.yaml"
    if len(names) > DEEPEST:
        return f"this path has {len(names)} parts; the limit is {DEEPEST}"
    if "**" in text:
        return "'**' is not supported; write one '*' for each folder"
    return "rules belong outside of customers/" if names[0] == CUSTOMERS else None


def _matches(name: str, part: str) -> bool:
    """Whether a name matches; as in a shell, `*` does not match a leading dot."""
    hidden = name.startswith(".") and not part.startswith(".")
    return name != ".git" and not hidden and fnmatchcase(name, part)
