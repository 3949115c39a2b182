"""The layer law: who may import whom, and by which door a library enters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import reconciler

ROOT = Path(reconciler.__file__).parent
LAYERS = ("model", "documents", "planning", "reports", "adapters", "usecases", "cli")
"""Each may import what stands left of it, except a stranger."""
STRANGERS = {("adapters", "reports"), ("usecases", "adapters")}
"""A report is shown by `cli`. Use cases ask ports, and `cli` hands them the adapters that answer."""
PORTAL_LAYERS = (
    ("rules",),
    ("uploads", "sign_on"),
    ("i18n",),
    ("mail",),
    ("store",),
    ("actions",),
    ("delivery", "demo"),
    ("web",),
    ("api",),
    ("pages",),
    ("server",),
    ("app",),
    ("serving",),
    ("commands",),
)
"""Inside the portal, the lowest first: a module imports from lower layers and from its own folder."""
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
    "jsonschema": ("documents/own_rules/evaluation.py",),
    "jsonschema_specifications": ("documents/own_rules/evaluation.py",),
    "re2": ("documents/own_rules/patterns.py",),
    "email_validator": ("documents/values.py", "portal/actions/schemas.py"),
    "langcodes": ("documents/values.py",),
    "httpx": (
        "adapters/connection.py", "adapters/exchanges.py", "adapters/response_deadlines.py", "adapters/response_reading.py", "adapters/address.py", "adapters/retry_after.py", "portal/sign_on/provider.py",
    ),
    "httpcore": ("adapters/response_deadlines.py",),
    "babel": ("portal/",),
    "joserfc": ("portal/sign_on/",),
    "stamina": ("adapters/retries.py",),
    "click": ("cli/",),
    "rich": ("cli/commands/progress.py",),
    "subprocess": ("adapters/git.py", "portal/uploads/word_counter.py"),
    "sqlalchemy": (
        "portal/store/", "portal/actions/", "portal/web/", "portal/api/", "portal/commands.py", "portal/demo/",
        "portal/pages/", "portal/server/", "portal/delivery/",
    ),
    "alembic": ("portal/store/",),
    "fastapi": ("portal/app.py", "portal/web/", "portal/api/", "portal/pages/"),
    "uvicorn": ("portal/serving.py", "portal/server/"),
    "h11": ("portal/server/connections.py",),
    "smtplib": ("portal/delivery/smtp.py",),
    "prometheus_client": ("portal/web/metrics.py",),
    "argon2": ("portal/actions/passwords.py",),
    "itsdangerous": ("portal/pages/sign_on_cookie.py", "portal/pages/forms/resumption.py"),
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


def test_a_layer_of_the_portal_imports_only_what_is_below_it() -> None:
    level = {name: number for number, names in enumerate(PORTAL_LAYERS) for name in names}
    for name, tree in modules():
        layer = name.removeprefix("portal/").split("/")[0].removesuffix(".py")
        if not name.startswith("portal/") or layer == "__init__":
            continue
        for imported in imports(tree):
            below = imported.removeprefix("reconciler.portal.").split(".")[0]
            if imported.startswith("reconciler.portal.") and below != layer:
                assert level[below] < level[layer], (
                    f"{name} imports {imported}: {layer} is not above {below} in {PORTAL_LAYERS}"
                )


def _graph() -> dict[str, set[str]]:
    """Which module imports which, imports for the type checker included."""
    trees = {name.removesuffix(".py").removesuffix("/__init__"): tree for name, tree in modules()}
    graph: dict[str, set[str]] = {}
    for name, tree in trees.items():
        paths = [imported.removeprefix("reconciler.").replace(".", "/") for imported in imports(tree)]
        targets = {path if path in trees else path.rpartition("/")[0] for path in paths}
        graph[name] = (targets & trees.keys()) - {name}
    return graph


def test_no_two_modules_import_each_other() -> None:
    list(TopologicalSorter(_graph()).static_order())  # a CycleError names them


def test_no_two_folders_import_each_other() -> None:
    def is_inside(inner: str, outer: str) -> bool:
        return outer == "" or f"{inner}/".startswith(f"{outer}/")

    folders: dict[str, set[str]] = {}
    for name, targets in _graph().items():
        folder = name.rpartition("/")[0]
        others = {target.rpartition("/")[0] for target in targets}
        # a folder and one inside it are one thing: the outer may use the inner, and the inner the outer
        folders.setdefault(folder, set()).update(
            other for other in others if not is_inside(other, folder) and not is_inside(folder, other)
        )
    list(TopologicalSorter(folders).static_order())


def test_the_portal_is_a_foreigner() -> None:
    for name, tree in modules():
        for imported in imports(tree):
            parts = imported.split(".")
            if parts[0] != "reconciler" or len(parts) < 2:
                continue
            if name.startswith("portal/"):
                assert parts[1] == "portal", f"{name} imports {imported}: the portal imports nothing of the reconciler"
            elif parts[1] == "portal":
                door = name == "usecases/portal.py" and imported == "reconciler.portal.commands"
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
