"""Source files as the git tree gives them and `documents` takes them: bytes, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One path under the root, with `/`. Either `content`, or a `rule` and `message` that forbid it.

    A file is refused before it is read when it is a link, a special file, too large, unreadable, or
    bears a name that cannot be a document's.
    """

    path: str
    content: bytes | None = None
    rule: str | None = None
    message: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one tree, sorted by path.

    `has_customers`: whether there is a `customers/` folder at all. `commit`: HEAD, None outside of
    git. `dirty`: paths under `portal.yaml` or `customers/` that differ from HEAD. `own_rules`: the files
    that `rules:` in `portal.yaml` names.
    """

    files: tuple[SourceFile, ...]
    has_customers: bool = True
    commit: str | None = None
    dirty: tuple[str, ...] = ()
    own_rules: tuple[SourceFile, ...] = ()
