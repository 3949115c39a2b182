"""Source files, as the git tree gives them to `documents`: bytes, or the reason why there are
none.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.rules import RuleId


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One path under the root, with `/`. Either `content`, or a `rule` and `message` that forbid
    it.

    A file is refused before it is read when it is a link, a special file, too large, unreadable, or
    has a name that a document cannot have.
    """

    path: str
    content: bytes | None = None
    rule: RuleId | None = None
    message: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one tree, sorted by path.

    `has_customers`: whether there is a `customers/` folder at all. `commit`: HEAD, None outside of
    git. `dirty`: paths of these files, or of files at HEAD that are no longer here, that differ
    from HEAD. `own_rules`: the files that `rules` in `portal.yaml` names, or why one is not read.
    """

    files: tuple[SourceFile, ...]
    has_customers: bool = True
    commit: str | None = None
    # Deleted files count: a file that is missing only in the working tree would remove a
    # contact.
    dirty: tuple[str, ...] = ()
    own_rules: tuple[SourceFile, ...] = ()
