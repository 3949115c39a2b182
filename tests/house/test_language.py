"""Rules on names, docstrings and layout, and numbers that may only come closer to their goal."""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler

ROOT = Path(reconciler.__file__).parent
TOP = ROOT.parent
FIRST_COMMIT_OF_THE_RULE = "a3888e0"
"""Subjects of later commits have at most 72 characters."""

PARTICIPLES = frozenset(
    [
        "added",
        "allowed",
        "answered",
        "asked",
        "begun",
        "brought",
        "carried",
        "caused",
        "changed",
        "checked",
        "chosen",
        "claimed",
        "closed",
        "compared",
        "counted",
        "cut",
        "described",
        "done",
        "dropped",
        "ended",
        "erased",
        "excused",
        "expected",
        "filled",
        "finished",
        "followed",
        "forgotten",
        "found",
        "gathered",
        "given",
        "gone",
        "got",
        "granted",
        "heard",
        "held",
        "ignored",
        "joined",
        "judged",
        "kept",
        "known",
        "landed",
        "left",
        "listed",
        "looked",
        "lost",
        "made",
        "marked",
        "matched",
        "meant",
        "met",
        "missing",
        "moved",
        "named",
        "needed",
        "noted",
        "offered",
        "opened",
        "ordered",
        "paid",
        "passed",
        "picked",
        "placed",
        "planned",
        "raised",
        "reached",
        "received",
        "refused",
        "released",
        "removed",
        "renamed",
        "reported",
        "required",
        "reserved",
        "resolved",
        "returned",
        "routed",
        "ruled",
        "said",
        "seen",
        "sent",
        "served",
        "settled",
        "shared",
        "shown",
        "signed",
        "skipped",
        "sought",
        "spared",
        "stated",
        "stopped",
        "stored",
        "supposed",
        "swept",
        "taken",
        "told",
        "tried",
        "typed",
        "untouched",
        "used",
        "voided",
        "waiting",
        "wanted",
        "warned",
        "watched",
        "wished",
        "written",
    ]
)
PRONOUNS = frozenset(
    [
        "all",
        "another",
        "any",
        "anything",
        "both",
        "each",
        "everybody",
        "everything",
        "hers",
        "his",
        "it",
        "mine",
        "nobody",
        "none",
        "nothing",
        "one",
        "other",
        "others",
        "ours",
        "same",
        "some",
        "somebody",
        "something",
        "such",
        "that",
        "theirs",
        "them",
        "these",
        "this",
        "those",
        "what",
        "whatever",
        "which",
        "who",
        "whoever",
        "whom",
        "whose",
    ]
)
JSON_MEMBERS = frozenset(
    [
        ("reconciler/portal/api/schemas/resources.py", "removed"),
        ("reconciler/portal/api/schemas/resources.py", "what"),
        ("reconciler/portal/api/schemas/resources.py", "erased"),
        ("reconciler/portal/store/archive.py", "missing"),
        ("reconciler/reports/summary.py", "counted"),
    ]
)
"""Attributes that are members of the API, of a backup's manifest or of a plan's JSON; scripts rely on them."""
FREE_RELATIVE = re.compile(r"(What|Whether|Who|Whoever|Whom|Whose|Whatever|Where|Wherever|Which|How)\b(?!.*\?)")

RULES = (
    "names that are participles or pronouns",
    "docstrings that open with a free relative",
    "lines longer than 100 columns",
    "statements that the formatter skips",
)
"""None of these stands anywhere in the program."""


def _sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        if not {"migrations", "_shipped"} & set(path.parts):
            yield path, path.read_text(encoding="utf-8")


def _names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno
            case _:
                pass


def _is_riddle(name: str, place: str) -> bool:
    """Whether the name is a participle or pronoun, and neither Python's nor a JSON member of a contract."""
    is_dunder = name.startswith("__") and name.endswith("__")
    return name.strip("_") in PARTICIPLES | PRONOUNS and not is_dunder and (place, name) not in JSON_MEMBERS


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text, node.body[0].lineno


def _findings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {rule: [] for rule in RULES}
    names, docstrings, long, skipped = found.values()
    for path, text in _sources():
        place = path.relative_to(TOP).as_posix()
        tree = ast.parse(text)
        names += [f"{place}:{line}: {name}" for name, line in _names(tree) if _is_riddle(name, place)]
        docstrings += [f"{place}:{line}: {doc[:60]}" for doc, line in _docstrings(tree) if FREE_RELATIVE.match(doc)]
        for number, line in enumerate(text.splitlines(), 1):
            long += [f"{place}:{number}"] * (len(line) > 100)
            skipped += [f"{place}:{number}"] * ("fmt: skip" in line)
    return found


@pytest.fixture(scope="module")
def findings() -> dict[str, list[str]]:
    return _findings()


@pytest.mark.parametrize("rule", RULES)
def test_the_program_keeps_the_rule(findings: dict[str, list[str]], rule: str) -> None:
    assert findings[rule] == []


def _functions(text: str) -> Iterator[tuple[int, int]]:
    """Lines and tokens of each function, without its docstring."""
    starts = Counter(
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}
    )
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            skip = node.body[0] if documented else None
            lines = [
                number
                for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if skip is None or not skip.lineno <= number <= (skip.end_lineno or skip.lineno)
            ]
            yield len(lines), sum(starts[number] for number in lines)


def test_functions_and_lines_are_short() -> None:
    # a law of the contract suite is a test: a story in which one step follows the other
    sources = [text for path, text in _sources() if not path.is_relative_to(ROOT / "contract" / "laws")]
    functions = [sizes for text in sources for sizes in _functions(text)]
    lengths = sorted(len(line) for _, text in _sources() for line in text.splitlines() if line.strip())
    assert statistics.median(lines for lines, _ in functions) <= 10
    assert statistics.median(tokens for _, tokens in functions) <= 60  # the goal is 45
    assert max(lines for lines, _ in functions) <= 50
    assert lengths[len(lengths) * 9 // 10] <= 85


def _share_of_comments(folder: str = "") -> float:
    sources = [text for path, text in _sources() if path.is_relative_to(ROOT / folder)]
    lines = [line.strip() for text in sources for line in text.splitlines() if line.strip()]
    return sum(line.startswith("#") or "  # " in line for line in lines) / len(lines)


def test_comments_do_not_become_fewer() -> None:
    assert _share_of_comments() >= 0.02


@pytest.mark.parametrize("folder", ["model", "documents", "planning", "usecases", "cli"])
def test_the_core_says_why(folder: str) -> None:
    assert _share_of_comments(folder) >= 0.02


def test_subjects_of_commits_are_short() -> None:
    git = ["git", "-C", str(TOP), "log", "--no-merges", "--format=%s", f"{FIRST_COMMIT_OF_THE_RULE}..HEAD"]
    run = subprocess.run(git, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        pytest.skip("not a clone with history: subjects are not checked")
    assert [subject for subject in run.stdout.splitlines() if len(subject) > 72] == []
