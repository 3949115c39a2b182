"""`reconciler validate`: the judgement of the files. Opens no socket, knows no date."""

from __future__ import annotations

from reconciler.documents.pipeline import DocumentsResult, read_documents
from reconciler.usecases.checkout import read_files
from reconciler.usecases.ports import FileTree


def validate(files: FileTree) -> DocumentsResult:
    """All problems of all files of a folder, in order."""
    return read_documents(read_files(files))
