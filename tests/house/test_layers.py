"""The layer law: who may import whom, and by which door a library enters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import reconciler

ROOT = Path(reconciler.__file__).parent
LAYERS = ("model", "documents", "planning", "reports", "adapters", "usecases", "cli")
"""Each may import what stands left of it, except a stranger."""
STRANGERS = {("adapters", "reports"), ("usecases", "adapters")}
"""A report is shown by `cli`. Use cases ask ports, and `cli` hands them the adapters that answer."""
PURE = ("model", "documents", "planning", "reports")
IMPURE = {
    "os",
    "socket",
    "subprocess",
    "time",
    "threading",
    "random",
    "secrets",
    "tempfile",
    "shutil",
    "logging",
    "sys",
}
DOORS = {
    "yaml": ("documents/strict_yaml.py",),
    "pydantic": ("documents/", "portal/"),
    "jsonschema": ("documents/own_rules/evaluating.py",),
    "jsonschema_specifications": ("documents/own_rules/evaluating.py",),
    "re2": ("documents/own_rules/patterns.py",),
    "email_validator": ("documents/values.py", "portal/acts/shapes.py"),
    "langcodes": ("documents/values.py",),
    "httpx": (
        "adapters/connection.py", "adapters/ending.py", "adapters/address.py", "portal/sign_on/provider.py",
    ),
    "httpcore": ("adapters/ending.py",),
    "joserfc": ("portal/sign_on/",),
    "stamina": ("adapters/connection.py",),
    "click": ("cli/",),
    "rich": ("cli/commands/progress.py",),
    "subprocess": ("adapters/git.py", "portal/files/counting.py"),
    "sqlalchemy": (
        "portal/store/", "portal/acts/", "portal/api/", "portal/command.py", "portal/seed.py", "portal/pages/",
        "portal/serving/", "portal/mail/delivery.py",
    ),
    "alembic": ("portal/store/",),
    "fastapi": ("portal/api/", "portal/pages/"),
    "uvicorn": ("portal/command.py", "portal/serving/"),
    "h11": ("portal/serving/connections.py",),
    "smtplib": ("portal/mail/smtp.py",),
    "prometheus_client": ("portal/api/figures.py",),
    "argon2": ("portal/acts/passwords.py",),
    "itsdangerous": ("portal/pages/journeys.py",),
}  # fmt: skip
"""Where each library enters: files, or folders with `/` at the end."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        if "migrations" not in path.parts and "_shipped" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_a_layer_imports_only_what_stands_above_it() -> None:
    for name, tree in modules():
        layer = name.split("/")[0]
        for imported in imports(tree):
            parts = imported.split(".")
            if parts[0] != "reconciler" or len(parts) < 2 or layer not in LAYERS or parts[1] not in LAYERS:
                continue
            allowed = LAYERS.index(parts[1]) <= LAYERS.index(layer) and (layer, parts[1]) not in STRANGERS
            rule = f"{layer} knows only what stands left of it in {LAYERS}, and not {STRANGERS}"
            assert allowed, f"{name} imports {imported}: {rule}"


def test_the_portal_is_a_foreigner() -> None:
    for name, tree in modules():
        for imported in imports(tree):
            parts = imported.split(".")
            if parts[0] != "reconciler" or len(parts) < 2:
                continue
            if name.startswith("portal/"):
                assert parts[1] == "portal", f"{name} imports {imported}: the portal imports nothing of the reconciler"
            elif parts[1] == "portal":
                door = name == "usecases/portal.py" and imported == "reconciler.portal.command"
                assert door, f"{name} imports {imported}: only usecases/portal.py starts the portal, by its command"


def test_every_library_enters_by_its_door() -> None:
    for name, tree in modules():
        for imported in imports(tree):
            library = imported.split(".")[0]
            if library in DOORS:
                inside = any(name == door or (door.endswith("/") and name.startswith(door)) for door in DOORS[library])
                assert inside, f"{name} imports {library}: it enters by {DOORS[library] or 'no door of ours'}"


def test_what_decides_touches_nothing_of_the_world() -> None:
    for name, tree in modules():
        if name.split("/")[0] in PURE:
            touched = {imported.split(".")[0] for imported in imports(tree)} & IMPURE
            assert not touched, f"{name} imports {sorted(touched)}: it takes values and returns values"


def test_only_the_output_module_prints() -> None:
    for name, tree in modules():
        if name in {"cli/output.py", "cli/main.py"}:
            continue
        for node in ast.walk(tree):
            written = isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout.write", "sys.stderr.write"}
            printed = isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
            assert written + printed == 0, f"{name} prints: only cli/output.py does"
