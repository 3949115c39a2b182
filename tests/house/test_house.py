"""What keeps the house livable: sizes, words for everything, a lock that names no address."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from reconciler.cli.exit_codes import _ERRORS
from reconciler.cli.main import COMMANDS
from tests.house.test_layers import ROOT, modules

TOP = Path(__file__).parents[2]
LONGEST_FUNCTION = 60
LONGEST_FILE = 350
ALLOWED_DOMAINS = re.compile(r"(^|\.)(example|invalid|test|localhost)$")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True).stdout
    return [TOP / name for name in listed.decode().split("\0") if name]


def test_no_function_is_longer_than_a_screen_and_no_file_than_a_sitting() -> None:
    for name, tree in modules():
        length = len((ROOT / name).read_text(encoding="utf-8").splitlines())
        assert length <= LONGEST_FILE, f"{name} has {length} lines"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{name}: {node.name} has {lines} lines"


def test_every_module_and_everything_public_says_what_it_is() -> None:
    for name, tree in modules():
        if tree.body:
            assert ast.get_docstring(tree), f"{name} does not say what it is"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                described = ast.get_docstring(node) or _plain_data(node)
                assert described, f"{name}: {node.name} does not say what it gives"


def _plain_data(node: ast.stmt) -> bool:
    """A class of annotated fields and checks that describe themselves: its names say everything."""
    if not isinstance(node, ast.ClassDef):
        return False
    return all(
        isinstance(line, ast.AnnAssign | ast.Assign) or (isinstance(line, ast.FunctionDef) and ast.get_docstring(line))
        for line in node.body
    )


def test_every_folder_explains_itself() -> None:
    folders = [ROOT, *(path for path in ROOT.iterdir() if (path / "__init__.py").is_file())]
    missing = [folder.name for folder in folders if not (folder / "README.md").is_file()]
    assert missing == []


def test_the_lock_has_a_hash_for_every_pin_and_no_address() -> None:
    text = (TOP / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        assert "==" in entry.splitlines()[0], entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for extra in project["project"]["optional-dependencies"].values():
        asked += extra
    names = {re.split(r"[\[><= ;]", line)[0].lower().replace("_", "-") for line in asked}
    locked = set(
        re.findall(
            r"^([a-z0-9-]+)(?:\[[^]]*\])?==", (TOP / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert names <= locked


def dependencies() -> list[Requirement]:
    """What the program and its extras ask for."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for lines in (project["dependencies"], *extras) for line in lines]


def pins(name: str) -> dict[str, str]:
    """The entries of a lock, with their hashes, by the name of the package."""
    entries = re.split(r"\n(?=\S)", (TOP / name).read_text(encoding="utf-8").strip())
    return {entry.partition("==")[0]: entry.strip() for entry in entries}


def test_the_lock_of_a_portal_holds_what_runs_and_nothing_else_of_the_lock() -> None:
    portal, everything = pins("requirements-portal.lock"), pins("requirements.lock")
    assert portal.items() <= everything.items(), "the same versions, of which the same files are taken"
    assert not {"pytest", "playwright", "mypy", "ruff", "uv"} & portal.keys()
    assert all("--hash=sha256:" in entry and "://" not in entry for entry in portal.values())
    assert {each.name for each in dependencies()} <= portal.keys()


def test_every_dependency_has_a_lower_bound_and_the_lock_is_above_it() -> None:
    locked = {name: entry.partition("==")[2].split()[0] for name, entry in pins("requirements.lock").items()}
    for asked in dependencies():
        assert [bound.operator for bound in asked.specifier] == [">="], f"'{asked}' has no lower bound, or another one"
        assert locked[asked.name] in asked.specifier, f"the lock has {asked.name} {locked[asked.name]}"


@pytest.mark.parametrize(
    ("name", "flawed"),
    [
        ("certifi", "2024.6.2"), ("cryptography", "48.0.0"), ("h11", "0.14.0"), ("httpx", "0.22.0"), ("idna", "3.14"),
        ("jinja2", "3.1.5"), ("joserfc", "1.6.2"), ("mako", "1.3.11"), ("pydantic", "2.3.0"), ("pygments", "2.19.2"),
        ("python-multipart", "0.0.30"), ("pyyaml", "5.3.1"), ("starlette", "1.3.0"), ("uvicorn", "0.11.6"),
    ],
)  # fmt: skip
def test_no_version_with_a_known_flaw_is_allowed(name: str, flawed: str) -> None:
    bounds = [each.specifier for each in dependencies() if each.name == name]
    assert bounds
    assert not any(flawed in bound for bound in bounds)


def test_nobody_real_is_named_and_no_machine() -> None:
    for path in tracked():
        if path.suffix in {".lock", ".png"} or not path.is_file() or "vendor" in path.parts:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for domain in re.findall(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)", text):
            known = ALLOWED_DOMAINS.search(domain.lower()) or path.is_relative_to(TOP / "tests")
            assert known or domain[-1].isdigit(), f"{path.relative_to(TOP)} names an address at {domain}"
        assert not re.search(r"/(home|root|Users)/[a-z]", text), f"{path.relative_to(TOP)} names a machine's path"


@pytest.mark.parametrize("name", ["README.md", "customers/README.md", "CONTRIBUTING.md"])
def test_every_link_between_our_pages_leads_somewhere(name: str) -> None:
    page = TOP / name
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{name} links to {target}"


def test_the_demos_book_is_the_example_of_this_repository() -> None:
    copy = TOP / "reconciler" / "demo_book"
    book = [TOP / "portal.yaml", *(TOP / "customers").rglob("*.yaml")]
    texts = {path.relative_to(TOP).as_posix(): path.read_text(encoding="utf-8") for path in book}
    copied = {path.relative_to(copy).as_posix(): path.read_text(encoding="utf-8") for path in copy.rglob("*.yaml")}
    assert copied == texts, "run: cp -r portal.yaml customers reconciler/demo_book/"


def test_the_readmes_tables_hold_every_command_and_exit_code() -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`reconciler {name}" not in text] == []
    assert [code for _, code in _ERRORS if f"| {code} |" not in text] == []
