"""Source files as `walking` and `commits` find them: how much is read, and why something is not.

In: a path and what was found there. Out: `SourceFile`, with bytes whose line ends are LF or
with the rule that forbids them. Nothing here opens a file.
"""

from __future__ import annotations

import errno
from typing import Final

from reconciler.model.files import SourceFile
from reconciler.model.rules import RuleId

PORTAL: Final = "portal.yaml"
CUSTOMERS: Final = "customers"
# All documents are at or below these names.
PATHS: Final = (PORTAL, CUSTOMERS)

# Bytes of one file, as the contract has it.
LARGEST: Final = 1024 * 1024
# Bytes of all files together: fifty thousand contacts have a tenth of it.
MOST_BYTES: Final = 128 * 1024 * 1024
MOST_FILES: Final = 500_000
# Folders below `customers/`, and parts of a pattern. Any limit ends a hostile tree.
DEEPEST: Final = 16

_LINK_ERRORS: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
_DOCUMENT: Final = (".yaml", ".yml")


def text_of(path: bytes) -> str:
    """A path as text, equal for equal bytes on any locale; bytes outside of UTF-8 are kept
    apart.
    """
    return path.decode("utf-8", "surrogateescape")


def printable(path: str) -> str:
    """The path as it can be shown: bytes outside of UTF-8 as `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def lf(content: bytes) -> bytes:
    """The bytes with LF at the ends of lines."""
    return content.replace(b"\r\n", b"\n") if b"\r" in content else content


def plain(path: str, content: bytes) -> SourceFile:
    """A file that may be read."""
    shown = printable(path)
    if shown != path:
        return SourceFile(
            shown, rule=RuleId.FILE_NAME, message="the name is not UTF-8", hint="rename it"
        )
    return SourceFile(path, lf(content))


def too_large(path: str, size: int) -> SourceFile:
    """A file with more bytes than any document has."""
    message = f"this file has {size:,} bytes; the limit is {LARGEST:,}"
    return SourceFile(
        printable(path),
        rule=RuleId.FILE_SIZE,
        message=message,
        hint="look at what is in it",
    )


def link(path: str) -> SourceFile:
    """A symbolic link, wherever it leads."""
    return _no_plain_file(
        path,
        "this is a link; a document is a plain file",
        "put the file itself in its place",
    )


def special(path: str) -> SourceFile:
    """A pipe, a socket or a device."""
    return _no_plain_file(
        path,
        "this is a pipe, a socket or a device; a document is a plain file",
        "remove it",
    )


def folder_for_file(path: str) -> SourceFile:
    """A folder where a file belongs: were it passed over, whoever it names would seem to be
    gone.
    """
    return _no_plain_file(
        path, "this is a folder; a document is a plain file", "rename or remove the folder"
    )


def file_for_folder(path: str) -> SourceFile:
    """A file where the folder of all customers belongs."""
    return _no_plain_file(
        path,
        "this is a file; it should be the folder of all customers",
        "rename or remove it",
    )


def repository_within(path: str) -> SourceFile:
    """A folder whose files another repository keeps, so that this one cannot vouch for them."""
    message = "this folder is a repository of its own; documents are files of this one"
    return _no_plain_file(path, message, "put its files here, without submodule")


def too_deep(path: str) -> SourceFile:
    """A folder below all folders that documents could have."""
    message = f"folders nest at most {DEEPEST} deep here"
    return SourceFile(
        printable(path),
        rule=RuleId.FILE_PLACE,
        message=message,
        hint="move its files up, or remove it",
    )


def pattern(text: str, reason: str) -> SourceFile:
    """A path or glob of `portal.yaml` that leads to no file."""
    hint = "list paths or globs of plain files, such as policy/*.schema.json"
    return SourceFile(printable(text), rule=RuleId.RULES, message=reason, hint=hint)


def unreadable(path: str, why: str | None) -> SourceFile:
    """A file or a whole folder that is there and does not open."""
    message = f"this cannot be read: {(why or 'no reason was given').lower()}"
    return SourceFile(
        printable(path),
        rule=RuleId.FILE_UNREADABLE,
        message=message,
        hint="repair its permissions",
    )


def not_opened(path: str, error: OSError) -> SourceFile:
    """What the system's answer to opening means."""
    if error.errno in _LINK_ERRORS:
        return link(path)
    return special(path) if error.errno == errno.ENXIO else unreadable(path, error.strerror)


def named_like_a_document(name: str) -> bool:
    """Whether the name ends as a document's does."""
    return name.endswith(_DOCUMENT)


def _no_plain_file(path: str, message: str, hint: str) -> SourceFile:
    return SourceFile(printable(path), rule=RuleId.FILE_KIND, message=message, hint=hint)
