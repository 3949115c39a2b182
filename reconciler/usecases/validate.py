"""`reconciler validate`: the problems of the files. Opens no socket and reads no clock."""

from __future__ import annotations

from reconciler.documents.pipeline import DocumentsResult, read_documents
from reconciler.usecases.checkout import read_files
from reconciler.usecases.ports import FileTree, Stage, silent_stage


def validate(files: FileTree, stage: Stage = silent_stage) -> DocumentsResult:
    """Return all problems of all files of a folder, in order."""
    with stage("reading the files"):
        tree = read_files(files)
    with stage("checking the files"):
        return read_documents(tree)
