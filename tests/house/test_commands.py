"""Every command that a text of ours names exists, with the options that it names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reconciler.cli.main import cli
from tests.house.test_layers import ROOT, modules

TOP = Path(__file__).parents[2]
LATER = {"pull", "registrations", "import"}
"""Commands of later issues (`pull`, `registrations pull`, `import --take-over`), named already."""
NAMED = re.compile(r"(?<!\b[Tt]he )(?<!\bevery )\breconciler ((?:[a-z]+)(?: [a-z-]+)?)([^`&|;,\n)]*)")
"""A command, a word that may be a subcommand, and the rest of the call with its options."""


def docstrings(tree: ast.Module) -> set[ast.expr]:
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    return {body[0].value for body in bodies if body and isinstance(body[0], ast.Expr)}


def texts() -> Iterator[tuple[str, str]]:
    """The texts that the program can show, and our pages, each with its place."""
    for name, tree in modules():
        if name.startswith("portal/"):
            continue
        silent = docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent:
                yield f"{name}:{node.lineno}", node.value
    for page in [*TOP.glob("*.md"), TOP / "customers/README.md", *ROOT.rglob("*.md")]:
        for code in re.findall(r"```.*?```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.DOTALL):
            yield page.relative_to(TOP).as_posix(), code


def calls() -> list[tuple[str, str, str]]:
    named = {(place, *call) for place, text in texts() for call in NAMED.findall(text)}
    return sorted((place, words, rest) for place, words, rest in named if words.split(maxsplit=1)[0] not in LATER)


def find(words: str) -> click.Command | None:
    """The command that the words begin with; of a group, the one below it."""
    name, _, below = words.partition(" ")
    command = cli.get_command(click.Context(cli), name)
    return (command.commands.get(below) or command) if isinstance(command, click.Group) else command


@pytest.mark.parametrize(("place", "words", "rest"), calls())
def test_a_command_that_is_named_exists_with_its_options(place: str, words: str, rest: str) -> None:
    command = find(words)
    assert command is not None, f"{place} names reconciler {words}"
    known = {option for parameter in command.get_params(click.Context(command)) for option in parameter.opts}
    named = set(re.findall(r"(?<=\s)--[a-z][a-z-]*", f"{words}{rest}"))
    assert named <= known, f"{place}: reconciler {words} has no {sorted(named - known)}"


@pytest.mark.parametrize("name", sorted(LATER))
def test_a_command_of_a_later_issue_does_not_exist_yet(name: str) -> None:
    assert find(name) is None, "take it out of LATER"


def test_every_environment_variable_that_a_page_names_is_one_that_the_program_reads() -> None:
    name = re.compile(r"\bRECONCILER_PORTAL_[A-Z]+(?:_[A-Z]+)*\b")
    pages = [*TOP.glob("*.md"), *ROOT.rglob("*.md")]
    named = {variable for page in pages for variable in name.findall(page.read_text(encoding="utf-8"))}
    read = {
        node.value
        for module, tree in modules()
        if module.startswith("cli/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and name.fullmatch(node.value)
    }
    assert named == read
