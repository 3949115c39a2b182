"""The corpus: small trees and what is to be said about them.

`corpus/RULE/CASE/` holds the files that differ from `base/`, a customer with two people that is in
order, and `expected.txt`: one line a problem, its hint below. What a file on a disk cannot show or
should not (links, a megabyte, characters that nobody sees) stands in `tree.json`, by path:
`{"text": …, "times": N}`, `{"bytes": …}` (one character a byte), `{"refused": [rule, message]}`, or
null for a file of the base that is not there. Files under `policy/` are rules of the provider; the
folder of a rule whose id has a slash is called after it with a hyphen: `own-too-slow`.

    python -m tests.documents.cases     writes every expected.txt anew; read the difference
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from reconciler.documents.pipeline import DocumentsResult, read_documents
from reconciler.model.files import SourceFile, Tree
from reconciler.model.rules import RuleId
from reconciler.reports.formatting import escape
from reconciler.reports.problems import problem_line

HERE: Final = Path(__file__).parent
BASE: Final = HERE / "base"
CORPUS: Final = HERE / "corpus"
ACCEPTED: Final = "accepted"
"""The folder of cases about which nothing is to be said."""
OWN: Final = "own"
"""The folder of cases that rules of the provider speak of."""

_OURS: Final = {"expected.txt", "tree.json"}


def cases() -> list[str]:
    """The corpus as `RULE/CASE`, in order."""
    return sorted(f"{case.parent.name}/{case.name}" for case in CORPUS.glob("*/*") if case.is_dir())


def base() -> tuple[SourceFile, ...]:
    """The files below every case."""
    return tuple(_below(BASE))


def tree(case: str) -> Tree:
    """The files of a case laid over the base."""
    folder = CORPUS / case
    files = {file.path: file for file in [*base(), *_below(folder)] if file.path not in _OURS}
    special = folder / "tree.json"
    if special.exists():
        for path, said in json.loads(special.read_text("utf-8")).items():
            files.pop(path, None)
            if said is not None:
                files[path] = _special(path, said)
    found = [files[path] for path in sorted(files)]
    rules = tuple(file for file in found if _is_rule(file))
    return Tree(tuple(file for file in found if not _is_rule(file)), own_rules=rules)


def rule_of(case: str) -> str:
    """The rule that a case is about."""
    folder = case.partition("/")[0]
    return f"own/{folder.removeprefix('own-')}" if folder.startswith("own-") else folder


def _is_rule(file: SourceFile) -> bool:
    return file.path.startswith("policy/")


def read(case: str) -> DocumentsResult:
    """What is said about a case."""
    return read_documents(tree(case))


def rendered(reading: DocumentsResult) -> str:
    """The problems as expected.txt writes them."""
    lines = []
    for problem in reading.problems:
        lines.append(problem_line(problem))
        if problem.hint:
            lines.append(f"  = {escape(problem.hint)}")
    return "".join(f"{line}\n" for line in lines)


def _below(folder: Path) -> list[SourceFile]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [SourceFile(path.relative_to(folder).as_posix(), path.read_bytes()) for path in found]


def _special(path: str, said: dict[str, Any]) -> SourceFile:
    if "refused" in said:
        rule, message = said["refused"]
        return SourceFile(path, rule=RuleId(rule), message=message)
    if "bytes" in said:
        return SourceFile(path, said["bytes"].encode("latin-1"))
    return SourceFile(path, (said["text"] * said.get("times", 1)).encode())


if __name__ == "__main__":
    for one in cases():
        (CORPUS / one / "expected.txt").write_text(rendered(read(one)), "utf-8")
