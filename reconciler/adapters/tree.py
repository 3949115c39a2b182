"""The files of the desired state: of the working tree, or of a commit.

Bytes are read once, through handles that never follow a link; what may not be read comes along as a
file with the rule that forbids it. Nothing here judges what a file says.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reconciler.adapters import git
from reconciler.adapters.git import ancestors_among, head
from reconciler.model.errors import FilesUnreadable, Refused, WrongUsage
from reconciler.model.files import SourceFile, Tree

__all__ = ["ancestors_among", "head", "read_tree", "read_tree_at"]

PORTAL: Final = "portal.yaml"
CUSTOMERS: Final = "customers"
PATHS: Final = (PORTAL, CUSTOMERS)
LARGEST: Final = 1024 * 1024
MOST_FILES: Final = 2_000_000
DEEPEST: Final = 8

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_tree(root: Path) -> Tree:
    """The files of the working tree without what git ignores; a folder outside of git is as good."""
    if not root.is_dir():
        raise FilesUnreadable(f"'{root}' is no folder", "name the folder that holds portal.yaml with --root")
    commit, inside = head(root), git.prefix(root) is not None
    if inside and (gone := git.left_out(root, PATHS)):
        hint = "check out everything under portal.yaml and customers/: git sparse-checkout disable"
        raise Refused(f"a sparse checkout left out {len(gone):,} files, as {gone[0]}; nothing was changed", hint)
    skipped = git.ignored(root, PATHS) if inside else frozenset[str]()
    files = tuple(sorted(_walk(root, skipped), key=lambda file: file.path))
    dirty = _differing(root, commit, files) if commit else ()
    return Tree(files, _is_folder(root / CUSTOMERS), commit, dirty)


def read_tree_at(root: Path, ref: str) -> Tree:
    """The files as a commit has them."""
    commit = git.commit_of(root, ref)
    if commit is None:
        hint = "fetch it first; in a pipeline check out with fetch-depth: 0"
        raise WrongUsage(f"git knows no commit '{ref}' here", hint)
    blobs = git.blobs_at(root, commit, PATHS)
    bytes_of = git.contents(root, (blob for mode, blob in blobs.values() if mode.startswith("100")))
    files = tuple(_at_commit(path, mode, bytes_of.get(blob)) for path, (mode, blob) in sorted(blobs.items()))
    return Tree(files, any(path.startswith(f"{CUSTOMERS}/") for path in blobs), commit)


def _at_commit(path: str, mode: str, content: bytes | None) -> SourceFile:
    if mode == "120000":
        return _link(path)
    if content is None:
        return _unreadable(path, "git cannot show it")
    return _too_large(path, len(content)) if len(content) > LARGEST else SourceFile(path, _lf(content))


def _walk(root: Path, skipped: frozenset[str]) -> Iterator[SourceFile]:
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if PORTAL not in skipped and _there(top, PORTAL):
            yield _file(top, PORTAL, PORTAL)
        if f"{CUSTOMERS}/" not in skipped and _there(top, CUSTOMERS):
            for count, file in enumerate(_folder(top, CUSTOMERS, CUSTOMERS, skipped, 0)):
                if count > MOST_FILES:
                    raise FilesUnreadable(f"there are more than {MOST_FILES:,} files under {CUSTOMERS}/")
                yield file
    finally:
        os.close(top)


def _there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _folder(parent: int, name: str, path: str, skipped: frozenset[str], depth: int) -> Iterator[SourceFile]:
    if depth > DEEPEST:
        yield _unreadable(path, f"it is more than {DEEPEST} folders deep")
        return
    try:
        handle = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=parent)
    except OSError as error:
        yield _not_opened(path, error)
        return
    try:
        with os.scandir(handle) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for child, is_folder in sorted(found):
            below = f"{path}/{child}"
            if below in skipped or f"{below}/" in skipped:
                continue
            if is_folder:
                yield from _folder(handle, child, below, skipped, depth + 1)
            else:
                yield _file(handle, child, below)
    except OSError as error:
        yield _not_opened(path, error)
    finally:
        os.close(handle)


def _file(folder: int, name: str, path: str) -> SourceFile:
    try:
        handle = os.open(name, _FLAGS, dir_fd=folder)
    except OSError as error:
        return _not_opened(path, error)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            return SourceFile(path, rule="file-kind", message="this is no ordinary file", hint="remove it")
        if about.st_size > LARGEST:
            return _too_large(path, about.st_size)
        content = _read(handle)
        return _too_large(path, len(content)) if len(content) > LARGEST else SourceFile(path, _lf(content))
    except OSError as error:
        return _not_opened(path, error)
    finally:
        os.close(handle)


def _read(handle: int) -> bytes:
    parts, size = [], 0
    while size <= LARGEST and (part := os.read(handle, LARGEST + 1)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _lf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def _not_opened(path: str, error: OSError) -> SourceFile:
    return _link(path) if error.errno in {errno.ELOOP, errno.ENOTDIR} else _unreadable(path, error.strerror or "")


def _link(path: str) -> SourceFile:
    return SourceFile(path, rule="file-kind", message="this is a link", hint="put the file itself here")


def _unreadable(path: str, why: str) -> SourceFile:
    return SourceFile(path, rule="file-unreadable", message=f"this cannot be read: {why}", hint="check its rights")


def _too_large(path: str, size: int) -> SourceFile:
    message = f"this file has {size:,} bytes; the limit is {LARGEST:,}"
    return SourceFile(path, rule="file-size", message=message, hint="one file holds one person")


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _differing(root: Path, commit: str, files: tuple[SourceFile, ...]) -> tuple[str, ...]:
    """Paths whose bytes are not those of the commit; line ends do not count.

    Compared by hash and not by asking git for a status, which would run filters that the repository names.
    """
    committed = git.blobs_at(root, commit, PATHS)
    here = {file.path: file for file in files}
    differing = {path for path in committed if path not in here} | {path for path in here if path not in committed}
    unsure = []
    for path in committed.keys() & here.keys():
        content = here[path].content
        if content is None:
            differing.add(path)
        elif not _is_blob(content, committed[path][1]):
            unsure.append(path)
    stored = git.contents(root, (committed[path][1] for path in unsure))
    differing |= {path for path in unsure if _lf(stored.get(committed[path][1], b"\0")) != here[path].content}
    return tuple(sorted(differing))


def _is_blob(content: bytes, blob: str) -> bool:
    kind = hashlib.sha256 if len(blob) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(content) + content).hexdigest() == blob
