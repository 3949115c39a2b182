"""`reconciler validate`: the problems of the files. Opens no socket and reads no clock."""

from __future__ import annotations

from reconciler.documents.pipeline import DocumentsResult, read_documents
from reconciler.usecases.checkout import read_files
from reconciler.usecases.ports import FileTree


def validate(files: FileTree) -> DocumentsResult:
    """Return all problems of all files of a folder, in order."""
    return read_documents(read_files(files))
