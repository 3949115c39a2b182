"""The files on the disk: one walk that follows no link and opens nothing outside of the root.

In: the root and what git ignores. Out: every file as `SourceFile`, and its *mark*, the id that git
would give its bytes, so that `repository` can compare them with a commit without asking git to
look at the disk. Each folder is opened through its parent's handle: a folder exchanged for a link
while we walk leads nowhere.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Final

from reconciler.adapters import source_files
from reconciler.adapters.patterns import Pattern
from reconciler.adapters.source_files import (
    DEEPEST,
    LARGEST,
    MOST_BYTES,
    MOST_FILES,
    PATHS,
    text_of,
)
from reconciler.model.errors import FilesUnreadable
from reconciler.model.files import SourceFile

# Before the mark of a link: a file may hold the very text that a link leads to.
LINK: Final = "link "

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PART: Final = 1 << 16
_TOO_MUCH: Final = "look for what does not belong there; an ignored folder is not entered"


class _Kind(Enum):
    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    SPECIAL = auto()


@dataclass(slots=True)
class Walked:
    """Files by path; and what git would call their bytes, as far as they were read."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    has_customers: bool = False


def walk(
    root: Path, ignored: frozenset[str] = frozenset(), digest: str | None = None
) -> Walked:
    """Everything at `portal.yaml` and below `customers/`, except what is ignored.

    `ignored`: paths of files, and of folders with `/` at their end. `digest`: `sha1` or `sha256`,
    whichever the repository counts with; None outside of git, then there are no marks.
    """
    walking = Walk(ignored, digest)
    with _open_root(root) as top:
        for name in PATHS:
            walking.top(top, name)
    return walking.walked


def walk_matching(
    patterns: Sequence[Pattern],
    root: Path,
    ignored: frozenset[str],
    digest: str | None,
) -> Walked:
    """The files that patterns match and git does not ignore; opens only folders on the way."""
    walking = Walk(ignored, digest)
    with _open_root(root) as top:
        try:
            walking.matching(top, "", patterns)
        except OSError as error:
            message = f"'{root}' cannot be listed: {(error.strerror or '').lower()}"
            raise FilesUnreadable(
                message, "repair the permissions of this folder"
            ) from None
    return walking.walked


@contextmanager
def _open_root(root: Path) -> Iterator[int]:
    try:
        top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        message = f"'{root}' cannot be opened as a folder: {(error.strerror or '').lower()}"
        raise FilesUnreadable(
            message, "name the folder that holds portal.yaml with --root"
        ) from None
    try:
        yield top
    finally:
        os.close(top)


@dataclass(slots=True)
class Walk:
    """One walk; handles are those of the folder that holds what is named."""

    ignored: frozenset[str]
    digest: str | None
    walked: Walked = field(default_factory=Walked)
    entries: int = 0
    taken: int = 0

    def top(self, root: int, name: str) -> None:
        """Keep what is found at one of the two names that are read at all."""
        if name in self.ignored or f"{name}/" in self.ignored:
            return
        wanted = _Kind.FILE if source_files.named_like_a_document(name) else _Kind.FOLDER
        try:
            kind = _kind_of(os.stat(name, dir_fd=root, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return
        except OSError as error:
            self._keep(name, source_files.not_opened(name, error))
        else:
            if kind is _Kind.FILE and wanted is _Kind.FOLDER:
                self._keep(name, source_files.file_for_folder(name))
            else:
                self._entry(root, name, name, kind, 0)
        self.walked.has_customers |= wanted is _Kind.FOLDER

    def _entry(self, parent: int, name: str, path: str, kind: _Kind, depth: int) -> None:
        match kind:
            case _Kind.FILE:
                self.file(parent, name, path)
            case _Kind.FOLDER:
                self.folder(parent, name, path, depth)
            case _Kind.LINK:
                self._keep(path, source_files.link(path), self._mark_of_link(parent, name))
            case _Kind.SPECIAL:
                self._keep(path, source_files.special(path))

    def folder(self, parent: int, name: str, path: str, depth: int) -> None:
        """Keep all that is in the folder, or one refusal in its place."""
        if source_files.named_like_a_document(name):
            self._keep(path, source_files.folder_for_file(path))
            return
        if depth > DEEPEST:
            self._keep(path, source_files.too_deep(path))
            return
        visit = partial(self._within, path=path, depth=depth)
        self._open(parent, name, path, os.O_DIRECTORY, visit)

    def matching(self, handle: int, folder: str, patterns: Sequence[Pattern]) -> None:
        """Keep what the patterns match in this open folder and below it."""
        for name, kind, path in self._listed(handle, folder):
            names = path.split("/")
            agreeing = [pattern for pattern in patterns if pattern.agrees(names)]
            deeper = [pattern for pattern in agreeing if pattern.depth > len(names)]
            if kind is _Kind.FOLDER and deeper:
                visit = partial(self.matching, folder=path, patterns=deeper)
                self._open(handle, name, path, os.O_DIRECTORY, visit)
            if len(deeper) < len(agreeing) and kind is _Kind.FOLDER:
                self._keep(path, source_files.folder_for_file(path))
            elif len(deeper) < len(agreeing) or (deeper and kind is _Kind.LINK):
                self._entry(handle, name, path, kind, len(names))

    def _within(self, handle: int, path: str, depth: int) -> None:
        for name, kind, below in self._listed(handle, path):
            self._entry(handle, name, below, kind, depth + 1)

    def _listed(self, handle: int, folder: str) -> list[tuple[str, _Kind, str]]:
        """Name, kind and path of all that is in an open folder and not ignored.

        `folder`: its path, empty for the root. A folder that is a repository of its own is kept as
        a refusal, and nothing in it is listed.
        """
        found = []
        with os.scandir(handle) as listed:
            for entry in listed:
                found.append((entry.name, _kind_listed(entry)))
                self._count_entry()
        if folder and self.digest and any(name == ".git" for name, _ in found):
            self._keep(folder, source_files.repository_within(folder))
            return []
        lead = f"{folder}/" if folder else ""
        paths = ((name, kind, lead + _text_of_name(name)) for name, kind in found)
        return [listed for listed in paths if not self._is_ignored(*listed)]

    def _is_ignored(self, name: str, kind: _Kind, path: str) -> bool:
        if name == ".git" or path in self.ignored:
            return True
        return kind is _Kind.FOLDER and f"{path}/" in self.ignored

    def file(self, parent: int, name: str, path: str) -> None:
        """Keep the bytes of the file, or why there are none."""
        self._open(parent, name, path, 0, lambda handle: self._opened(handle, path))

    def _open(
        self,
        parent: int,
        name: str,
        path: str,
        flag: int,
        visit: Callable[[int], None],
    ) -> None:
        """Open a file or a folder and visit it, or keep the reason why that cannot be."""
        try:
            handle = os.open(name, _FLAGS | flag, dir_fd=parent)
        except OSError as error:
            self._keep(path, source_files.not_opened(path, error))
            return
        try:
            visit(handle)
        except OSError as error:
            self._keep(path, source_files.unreadable(path, error.strerror))
        finally:
            os.close(handle)

    def _opened(self, handle: int, path: str) -> None:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            self._keep(path, source_files.special(path))
        elif about.st_size > LARGEST:
            self._keep(
                path,
                source_files.too_large(path, about.st_size),
                self._mark_of_large(handle, about.st_size),
            )
        else:
            content = _read(handle, about.st_size)
            if len(content) > LARGEST:
                self._keep(path, source_files.too_large(path, len(content)))
                return
            self._count(len(content))
            file = source_files.plain(path, content)
            self._keep(path, file, self._mark(source_files.lf(content)))

    def _count_entry(self) -> None:
        self.entries += 1
        if self.entries > MOST_FILES:
            raise FilesUnreadable(
                f"there are more than {MOST_FILES:,} files and folders", _TOO_MUCH
            )

    def _count(self, size: int) -> None:
        self.taken += size
        if self.taken > MOST_BYTES:
            raise FilesUnreadable(
                f"the files hold more than {MOST_BYTES:,} bytes", _TOO_MUCH
            )

    def _keep(self, path: str, file: SourceFile, mark: str = "") -> None:
        self.walked.files[path] = file
        if self.digest:
            self.walked.marks[path] = mark

    def _mark(self, content: bytes) -> str:
        return blob_id(content, self.digest) if self.digest else ""

    def _mark_of_link(self, parent: int, name: str) -> str:
        try:
            return LINK + self._mark(os.fsencode(os.readlink(name, dir_fd=parent)))
        except OSError:
            return ""

    def _mark_of_large(self, handle: int, size: int) -> str:
        """Prose may be large; it is no document, and yet it may or may not differ from the
        commit.
        """
        if not self.digest or self.taken + size > MOST_BYTES:
            return ""
        self.taken += size
        made = hashlib.new(self.digest, b"blob %d\0" % size, usedforsecurity=False)
        while size > 0 and (part := os.read(handle, LARGEST)):
            made.update(part)
            size -= len(part)
        return made.hexdigest()


def blob_id(content: bytes, digest: str) -> str:
    """What git calls these bytes."""
    return hashlib.new(
        digest, b"blob %d\0%b" % (len(content), content), usedforsecurity=False
    ).hexdigest()


def _read(handle: int, size: int) -> bytes:
    """One read takes all of an ordinary file; a file that grows meanwhile is read up to the
    limit.
    """
    content = os.read(handle, size + 1)
    if len(content) == size:
        return content
    while len(content) <= LARGEST and (part := os.read(handle, _PART)):
        content += part
    return content


def _text_of_name(name: str) -> str:
    return name if name.isascii() else text_of(os.fsencode(name))


def _kind_of(mode: int) -> _Kind:
    if stat.S_ISREG(mode):
        return _Kind.FILE
    if stat.S_ISDIR(mode):
        return _Kind.FOLDER
    return _Kind.LINK if stat.S_ISLNK(mode) else _Kind.SPECIAL


def _kind_listed(entry: os.DirEntry[str]) -> _Kind:
    if entry.is_file(follow_symlinks=False):
        return _Kind.FILE
    if entry.is_dir(follow_symlinks=False):
        return _Kind.FOLDER
    return _Kind.LINK if entry.is_symlink() else _Kind.SPECIAL
