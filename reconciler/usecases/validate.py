"""`reconciler validate`: the judgement of the files. Opens no socket, knows no date."""

from __future__ import annotations

from pathlib import Path

from reconciler.adapters.tree import read_tree
from reconciler.documents.reading import Reading, read_documents


def validate(root: Path) -> Reading:
    """All problems of all files under the folder, in order."""
    return read_documents(read_tree(root))
