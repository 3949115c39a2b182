"""Source files as `tree_walk` and `commits` read them: limits, and one builder for each refusal.

In: a path and the kind of object there. Out: a `SourceFile`, with its bytes (line ends are LF) or
with the rule that forbids it. Nothing here opens a file.
"""

from __future__ import annotations

import errno
from typing import Final

from reconciler.model.files import SourceFile
from reconciler.model.rules import RuleId

PORTAL: Final = "portal.yaml"
CUSTOMERS: Final = "customers"
# All documents are at or below these names of the root.
PATHS: Final = (PORTAL, CUSTOMERS)

# Bytes of one file, as the contract has it.
MAX_FILE_BYTES: Final = 1024 * 1024
# Bytes of all files together: fifty thousand contacts have a tenth of it.
MAX_TOTAL_BYTES: Final = 128 * 1024 * 1024
MAX_FILES: Final = 500_000
# Folders below `customers/`, and parts of a pattern. Any limit ends a hostile tree.
MAX_DEPTH: Final = 16

# Systems differ in the error of O_NOFOLLOW on a link: Linux ELOOP, FreeBSD EMLINK. With O_DIRECTORY
# it is ENOTDIR.
_LINK_ERRORS: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
_DOCUMENT: Final = (".yaml", ".yml")


def text_of(path: bytes) -> str:
    """Return a path as text; equal bytes give equal text in any locale."""
    # bytes that are not UTF-8 become surrogates, so two such names never collide
    return path.decode("utf-8", "surrogateescape")


def printable(path: str) -> str:
    """Return the path as it can be printed: bytes that are not UTF-8 as `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def with_lf(content: bytes) -> bytes:
    """Return the bytes with LF at the ends of lines."""
    # git for Windows checks text out with CRLF (core.autocrlf); commits contain LF
    return content.replace(b"\r\n", b"\n") if b"\r" in content else content


def plain_file(path: str, content: bytes) -> SourceFile:
    """Return a file with its bytes, or the refusal of a name that is not UTF-8."""
    printable_path = printable(path)
    if printable_path != path:
        return SourceFile(
            printable_path,
            rule=RuleId.FILE_NAME,
            message="the name is not UTF-8",
            hint="rename it",
        )
    return SourceFile(path, with_lf(content))


def large_file(path: str, size: int) -> SourceFile:
    """Return the refusal of a file with more bytes than a document may have."""
    message = f"this file has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}"
    return SourceFile(
        printable(path),
        rule=RuleId.FILE_SIZE,
        message=message,
        hint="check that this file belongs here; a document is far smaller",
    )


def link(path: str) -> SourceFile:
    """Return the refusal of a symbolic link, wherever it points."""
    return _no_plain_file(
        path,
        "this is a link; a document is a plain file",
        "put the file itself in its place",
    )


def special_file(path: str) -> SourceFile:
    """Return the refusal of a pipe, a socket or a device."""
    return _no_plain_file(
        path,
        "this is a pipe, a socket or a device; a document is a plain file",
        "remove it",
    )


def folder_for_file(path: str) -> SourceFile:
    """Return the refusal of a folder where a file belongs."""
    # if it were skipped, the contact of that file would look removed
    return _no_plain_file(
        path, "this is a folder; a document is a plain file", "rename or remove the folder"
    )


def file_for_folder(path: str) -> SourceFile:
    """Return the refusal of a file where the folder of all customers belongs."""
    return _no_plain_file(
        path,
        "this is a file; it should be the folder of all customers",
        "rename or remove it",
    )


def inner_repository(path: str) -> SourceFile:
    """Return the refusal of a folder that is a git repository of its own."""
    # its files are in no commit of this repository, so no review showed them
    message = "this folder is a repository of its own; documents are files of this one"
    return _no_plain_file(
        path, message, "move its files into this repository, without a submodule"
    )


def deep_folder(path: str) -> SourceFile:
    """Return the refusal of a folder that is nested deeper than any document."""
    message = f"this folder is nested too deep; the limit is {MAX_DEPTH}"
    return SourceFile(
        printable(path),
        rule=RuleId.FILE_PLACE,
        message=message,
        hint="move its files up, or remove it",
    )


def refused_pattern(text: str, reason: str) -> SourceFile:
    """Return the refusal of a path or glob in `portal.yaml` that leads to no file."""
    hint = "list paths or globs of plain files, such as policy/*.schema.json"
    return SourceFile(printable(text), rule=RuleId.RULES, message=reason, hint=hint)


def unreadable_file(path: str, reason: str | None) -> SourceFile:
    """Return the refusal of a file or folder that exists and cannot be read."""
    message = f"this cannot be read: {(reason or 'no reason was given').lower()}"
    return SourceFile(
        printable(path),
        rule=RuleId.FILE_UNREADABLE,
        message=message,
        hint="repair its permissions",
    )


def unopened_file(path: str, error: OSError) -> SourceFile:
    """Return the refusal of a file or folder that the system did not open."""
    if error.errno in _LINK_ERRORS:
        return link(path)
    # ENXIO: a socket cannot be opened, nor a device without a driver
    return (
        special_file(path)
        if error.errno == errno.ENXIO
        else unreadable_file(path, error.strerror)
    )


def has_document_suffix(name: str) -> bool:
    """Return whether the name ends like a document's."""
    return name.endswith(_DOCUMENT)


def _no_plain_file(path: str, message: str, hint: str) -> SourceFile:
    return SourceFile(printable(path), rule=RuleId.FILE_KIND, message=message, hint=hint)
