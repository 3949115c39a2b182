"""The files on the disk: one walk that follows no link and opens nothing outside of the root.

In: the root and the paths that git ignores. Out: every file as `SourceFile`, and the id that git
would give to its bytes, so that `repository` can compare disk and commit without running git on the
disk. Each folder is opened through its parent's handle: a folder that is replaced by a link during
the walk does not lead outside.
"""

from __future__ import annotations

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
from reconciler.adapters.blob_ids import LINK_PREFIX, blob_id, blob_id_of_file
from reconciler.adapters.patterns import Pattern
from reconciler.adapters.source_files import (
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_TOTAL_BYTES,
    PATHS,
    text_of,
)
from reconciler.model.errors import FilesUnreadable
from reconciler.model.files import SourceFile

# O_NOFOLLOW refuses a link that took the place of a file since the listing. O_NONBLOCK: opening a
# pipe would wait for its writer. O_NOCTTY: opening a terminal would make it ours.
_OPEN_FLAGS: Final = (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
)
_CHUNK_BYTES: Final = 1 << 16
_TOO_MUCH_HINT: Final = "remove what does not belong there, or name it in .gitignore"


class _Kind(Enum):
    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    SPECIAL = auto()


@dataclass(slots=True)
class WalkResult:
    """Files by path, and the ids that git would give to their bytes, as far as they were read."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    blob_ids: dict[str, str] = field(default_factory=dict)
    has_customers: bool = False


def walk(
    root: Path, ignored_paths: frozenset[str] = frozenset(), digest: str | None = None
) -> WalkResult:
    """Return all files at `portal.yaml` and below `customers/`, except ignored paths.

    `ignored_paths`: paths of files, and of folders with `/` at their end. `digest`: `sha1` or
    `sha256`, the repository's object format; None outside of git, then there are no blob ids.
    """
    file_walk = Walk(ignored_paths, digest)
    with _open_root(root) as root_handle:
        for name in PATHS:
            file_walk.read_top_name(root_handle, name)
    return file_walk.result


def walk_matching(
    patterns: Sequence[Pattern],
    root: Path,
    ignored_paths: frozenset[str],
    digest: str | None,
) -> WalkResult:
    """Return the files that patterns match and git does not ignore.

    Only folders on the way to a match are opened.
    """
    file_walk = Walk(ignored_paths, digest)
    with _open_root(root) as root_handle:
        try:
            file_walk.read_matching(root_handle, "", patterns)
        except OSError as error:
            message = f"'{root}' cannot be listed: {(error.strerror or '').lower()}"
            raise FilesUnreadable(
                message, "repair the permissions of this folder"
            ) from None
    return file_walk.result


@contextmanager
def _open_root(root: Path) -> Iterator[int]:
    try:
        # no O_NOFOLLOW: the user named the root, and it may be a link
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        message = f"'{root}' cannot be opened as a folder: {(error.strerror or '').lower()}"
        raise FilesUnreadable(
            message, "name the folder that contains portal.yaml with --root"
        ) from None
    try:
        yield handle
    finally:
        os.close(handle)


@dataclass(slots=True)
class Walk:
    """One walk. A `parent` handle is that of the folder that contains `name`."""

    ignored_paths: frozenset[str]
    digest: str | None
    result: WalkResult = field(default_factory=WalkResult)
    entry_count: int = 0
    bytes_read: int = 0

    def read_top_name(self, root_handle: int, name: str) -> None:
        """Read one of the two top-level names that can hold documents."""
        if name in self.ignored_paths or f"{name}/" in self.ignored_paths:
            return
        expected_kind = (
            _Kind.FILE if source_files.has_document_suffix(name) else _Kind.FOLDER
        )
        try:
            kind = _kind_of(
                os.stat(name, dir_fd=root_handle, follow_symlinks=False).st_mode
            )
        except FileNotFoundError:
            # a missing name is no refusal: the caller decides whether it can do without
            return
        except OSError as error:
            self._record(name, source_files.unopened_file(name, error))
        else:
            if kind is _Kind.FILE and expected_kind is _Kind.FOLDER:
                self._record(name, source_files.file_for_folder(name))
            else:
                self._read_entry(root_handle, name, name, kind, 0)
        self.result.has_customers |= expected_kind is _Kind.FOLDER

    def _read_entry(
        self, parent: int, name: str, path: str, kind: _Kind, depth: int
    ) -> None:
        match kind:
            case _Kind.FILE:
                self.read_file(parent, name, path)
            case _Kind.FOLDER:
                self.read_folder(parent, name, path, depth)
            case _Kind.LINK:
                self._record(
                    path, source_files.link(path), self._blob_id_of_link(parent, name)
                )
            case _Kind.SPECIAL:
                self._record(path, source_files.special_file(path))

    def read_folder(self, parent: int, name: str, path: str, depth: int) -> None:
        """Read all entries of the folder, or record one refusal for it."""
        if source_files.has_document_suffix(name):
            self._record(path, source_files.folder_for_file(path))
            return
        if depth > MAX_DEPTH:
            self._record(path, source_files.deep_folder(path))
            return
        visit = partial(self._read_entries, path=path, depth=depth)
        self._open(parent, name, path, os.O_DIRECTORY, visit)

    def read_matching(self, handle: int, folder: str, patterns: Sequence[Pattern]) -> None:
        """Read all entries that the patterns match in this open folder and below it."""
        for name, kind, path in self._entries(handle, folder):
            names = path.split("/")
            candidates = [pattern for pattern in patterns if pattern.matches_so_far(names)]
            # the other candidates match this very path
            deeper = [pattern for pattern in candidates if pattern.depth > len(names)]
            if kind is _Kind.FOLDER and deeper:
                visit = partial(self.read_matching, folder=path, patterns=deeper)
                self._open(handle, name, path, os.O_DIRECTORY, visit)
            if len(deeper) < len(candidates) and kind is _Kind.FOLDER:
                self._record(path, source_files.folder_for_file(path))
            elif len(deeper) < len(candidates) or (deeper and kind is _Kind.LINK):
                self._read_entry(handle, name, path, kind, len(names))

    def _read_entries(self, handle: int, path: str, depth: int) -> None:
        for name, kind, below in self._entries(handle, path):
            self._read_entry(handle, name, below, kind, depth + 1)

    def _entries(self, handle: int, folder: str) -> list[tuple[str, _Kind, str]]:
        """Return name, kind and path of each entry of an open folder that is not ignored.

        `folder`: its path, empty for the root. A folder that is a repository of its own becomes
        one refusal and has no entries.
        """
        entries = []
        # The list is complete before an entry is opened: a `.git` may come last. It counts while it
        # grows, so a folder of millions of names ends the walk before it fills the memory.
        with os.scandir(handle) as scan:
            for entry in scan:
                entries.append((entry.name, _kind_of_entry(entry)))
                self._count_entry()
        if folder and self.digest and any(name == ".git" for name, _ in entries):
            self._record(folder, source_files.inner_repository(folder))
            return []
        prefix = f"{folder}/" if folder else ""
        with_paths = ((name, kind, prefix + _text_of_name(name)) for name, kind in entries)
        return [entry for entry in with_paths if not self._is_ignored(*entry)]

    def _is_ignored(self, name: str, kind: _Kind, path: str) -> bool:
        # git never lists `.git`, wherever it is and whatever .gitignore says
        if name == ".git" or path in self.ignored_paths:
            return True
        return kind is _Kind.FOLDER and f"{path}/" in self.ignored_paths

    def read_file(self, parent: int, name: str, path: str) -> None:
        """Record the bytes of the file, or its refusal."""
        self._open(parent, name, path, 0, lambda handle: self._read_file(handle, path))

    def _open(
        self,
        parent: int,
        name: str,
        path: str,
        flag: int,
        visit: Callable[[int], None],
    ) -> None:
        """Open a file or folder and visit it; record a refusal if that fails."""
        try:
            handle = os.open(name, _OPEN_FLAGS | flag, dir_fd=parent)
        except OSError as error:
            self._record(path, source_files.unopened_file(path, error))
            return
        try:
            visit(handle)
        except OSError as error:
            self._record(path, source_files.unreadable_file(path, error.strerror))
        finally:
            os.close(handle)

    def _read_file(self, handle: int, path: str) -> None:
        # checked once more on the handle: the name may have been replaced since the listing
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            self._record(path, source_files.special_file(path))
        elif status.st_size > MAX_FILE_BYTES:
            # hashed in chunks and not kept: the file needs an id, and its bytes are no document
            self._record(
                path,
                source_files.large_file(path, status.st_size),
                self._blob_id_of_large_file(handle, status.st_size),
            )
        else:
            content = _read_bytes(handle, status.st_size)
            # the size was true when it was read; the file may have grown since
            if len(content) > MAX_FILE_BYTES:
                self._record(path, source_files.large_file(path, len(content)))
                return
            self._count_bytes(len(content))
            file = source_files.plain_file(path, content)
            self._record(path, file, self._blob_id(source_files.with_lf(content)))

    def _count_entry(self) -> None:
        self.entry_count += 1
        if self.entry_count > MAX_FILES:
            raise FilesUnreadable(
                f"there are more than {MAX_FILES:,} files and folders", _TOO_MUCH_HINT
            )

    def _count_bytes(self, size: int) -> None:
        self.bytes_read += size
        if self.bytes_read > MAX_TOTAL_BYTES:
            raise FilesUnreadable(
                f"the files have more than {MAX_TOTAL_BYTES:,} bytes", _TOO_MUCH_HINT
            )

    def _record(self, path: str, file: SourceFile, blob_id: str = "") -> None:
        self.result.files[path] = file
        if self.digest:
            self.result.blob_ids[path] = blob_id

    def _blob_id(self, content: bytes) -> str:
        return blob_id(content, self.digest) if self.digest else ""

    def _blob_id_of_link(self, parent: int, name: str) -> str:
        try:
            # git stores a link as a blob whose bytes are the target as the system returns it
            return LINK_PREFIX + self._blob_id(
                os.fsencode(os.readlink(name, dir_fd=parent))
            )
        except OSError:
            # no id equals the empty one, so the path counts as dirty
            return ""

    def _blob_id_of_large_file(self, handle: int, size: int) -> str:
        """Return the blob id of a file that is too large for a document.

        It may be prose beside documents, and it is dirty like any file if it differs.
        """
        if not self.digest or self.bytes_read + size > MAX_TOTAL_BYTES:
            return ""
        self.bytes_read += size
        return blob_id_of_file(handle, size, self.digest)


def _read_bytes(handle: int, size: int) -> bytes:
    """Return the bytes of the file, or somewhat more than the limit if it grows."""
    # One system call for an ordinary file: it returns one byte less than was asked for. A network
    # file system may return fewer bytes, and a file that grows has more.
    content = os.read(handle, size + 1)
    if len(content) == size:
        return content
    while len(content) <= MAX_FILE_BYTES and (chunk := os.read(handle, _CHUNK_BYTES)):
        content += chunk
    return content


def _text_of_name(name: str) -> str:
    # Python decoded the name with the locale's encoding; git's output is decoded by `text_of`
    return name if name.isascii() else text_of(os.fsencode(name))


def _kind_of(mode: int) -> _Kind:
    if stat.S_ISREG(mode):
        return _Kind.FILE
    if stat.S_ISDIR(mode):
        return _Kind.FOLDER
    return _Kind.LINK if stat.S_ISLNK(mode) else _Kind.SPECIAL


def _kind_of_entry(entry: os.DirEntry[str]) -> _Kind:
    # the listing contains the kind on most file systems, so no system call is needed here
    if entry.is_file(follow_symlinks=False):
        return _Kind.FILE
    if entry.is_dir(follow_symlinks=False):
        return _Kind.FOLDER
    return _Kind.LINK if entry.is_symlink() else _Kind.SPECIAL
