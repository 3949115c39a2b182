"""`reconciler validate`: the problems of the files. Opens no socket and reads no clock."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.documents.layout import DocumentFile, locate
from reconciler.documents.pipeline import DocumentsResult, read_documents
from reconciler.model.errors import Refused, WrongUsage
from reconciler.model.files import Tree
from reconciler.model.problems import Counts, Severity
from reconciler.usecases.checkout import read_files, refusal_of_empty_tree
from reconciler.usecases.ports import FileTree, Stage, silent_stage


@dataclass(frozen=True, slots=True)
class Validation:
    """The problems of some files, and their counts.

    `errors_elsewhere`: the number of errors in the other files. `refusal`: the reason why a plan
    would refuse the tree as a whole.
    """

    reading: DocumentsResult
    errors_elsewhere: int = 0
    refusal: Refused | None = None


def validate(files: FileTree, stage: Stage = silent_stage) -> DocumentsResult:
    """Return all problems of all files of a folder, in order."""
    return validate_paths(files, (), stage).reading


def validate_paths(
    files: FileTree, paths: Sequence[str], stage: Stage = silent_stage
) -> Validation:
    """Return the problems of the files at or below the paths, which are relative to the root.

    All files are read, because the rules across files need them. Without paths, all are meant.
    """
    with stage("reading the files"):
        tree = read_files(files)
    with stage("checking the files") as track:
        reading = read_documents(tree, track)
    refusal = refusal_of_empty_tree(tree, reading.desired)
    if not paths:
        return Validation(reading, refusal=refusal)
    known_paths = _known_paths(tree, reading)
    for path in paths:
        if not any(_is_below(known_path, (path,)) for known_path in known_paths):
            near = difflib.get_close_matches(path, known_paths, 1)
            hint = f"did you mean '{near[0]}'?" if near else "pass a path below customers/"
            raise WrongUsage(f"there is no file to validate at '{path}'", hint)
    problems = tuple(
        problem for problem in reading.problems if _is_below(problem.path, paths)
    )
    errors = sum(problem.severity is Severity.ERROR for problem in reading.problems)
    shown_errors = sum(problem.severity is Severity.ERROR for problem in problems)
    documents = [item for item in locate(tree)[0] if _is_below(item.file.path, paths)]
    selection = replace(reading, problems=problems, counts=_counts(documents))
    return Validation(selection, errors - shown_errors, refusal)


def _known_paths(tree: Tree, reading: DocumentsResult) -> list[str]:
    """Return the paths of all files, and of what is a problem by its path alone."""
    files = (file.path for file in (*tree.files, *tree.own_rules))
    return sorted({*files, *(problem.path for problem in reading.problems)})


def _is_below(path: str, parents: Sequence[str]) -> bool:
    return any(parent in ("", path) or path.startswith(f"{parent}/") for parent in parents)


def _counts(documents: Sequence[DocumentFile]) -> Counts:
    kinds = [item.kind for item in documents]
    return Counts(len(kinds), kinds.count("customer"), kinds.count("contact"))
