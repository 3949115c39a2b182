"""Commands that need no portal."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from reconciler.cli.commands.portal import portal
from reconciler.cli.main import COMMANDS
from reconciler.model.rules import FILE_RULES, PLAN_RULES
from reconciler.shipped import schemas_folder
from tests.cli.conftest import Program

JANE = "customers/acme-medical/contacts/jane-doe.yaml"
WITHOUT_SOCKETS = """
import socket, sys
def no_socket(*_arguments, **_more):
    raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = no_socket
sys.argv = ["reconciler", "validate"]
from reconciler.cli.main import main
main()
"""


def test_the_shipped_book_is_valid(folder: Program) -> None:
    run = folder("validate", "--strict")
    assert (run.code, run.err) == (0, "")
    assert run.out == "64 files are valid: 10 customers, 50 contacts\n"


def test_validate_opens_no_socket(folder: Program) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_SOCKETS], cwd=folder.root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_misspelled_role_is_found_with_its_place_and_the_right_word(folder: Program) -> None:
    path = folder.root / JANE
    path.write_text(path.read_text(encoding="utf-8").replace("role: requester", "role: mangaer"), encoding="utf-8")
    run = folder("validate")
    assert run.code == 3
    assert re.search(rf"^{re.escape(JANE)}:3:7: error\[[a-z-]+\]: 'mangaer'", run.out, re.MULTILINE)
    assert "did you mean 'manager'" in run.out
    assert "3 | role: mangaer\n  |       ^^^^^^^\n" in run.out


def test_a_key_twice_names_both_lines(folder: Program) -> None:
    path = folder.root / JANE
    path.write_text(path.read_text(encoding="utf-8") + "role: observer\n", encoding="utf-8")
    run = folder("validate")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert run.code == 3
    assert f"{JANE}:{len(lines)}:1" in run.out
    assert re.search(r"line 3\b", run.out)


@pytest.mark.parametrize("content", ["[" * 60_000, "{" * 60_000, "- " * 30_000, "a: &a [*a]\n", "\x00\x01", ""])
def test_files_that_hold_anything_at_all_end_in_a_verdict(folder: Program, content: str) -> None:
    (folder.root / JANE).write_text(content, encoding="utf-8")
    run = folder("validate")
    assert run.code == 3
    assert "Traceback" not in run.err
    assert JANE in run.out


def test_all_problems_of_all_files_come_in_one_run_and_as_json(folder: Program) -> None:
    for name in ("jane-doe", "tom-lang", "lukas-huber"):
        (folder.root / f"customers/acme-medical/contacts/{name}.yaml").write_text("nmae: X\n", encoding="utf-8")
    run = folder("validate", "--format", "json")
    document = json.loads(run.out)
    schema = json.loads((schemas_folder() / "problems.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert run.code == 3
    assert len({problem["path"] for problem in document["problems"]}) >= 3
    assert document["summary"]["errors"] == len(document["problems"])


def test_no_is_norwegian(folder: Program) -> None:
    assert "language: no" in (folder.root / "customers/havbris-sjomat/customer.yaml").read_text(encoding="utf-8")
    assert folder("validate").code == 0


def test_help_costs_only_click() -> None:
    heavy = ("pydantic", "httpx", "jsonschema", "fastapi", "sqlalchemy", "yaml", "rich")
    code = (
        "import sys; sys.argv = ['reconciler', '--help']\n"
        "from reconciler.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"found = [name for name in {heavy!r} if name in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Make the portal match the files." in done.stdout


@pytest.mark.parametrize("command", [*COMMANDS, *(f"portal {name}" for name in portal.commands)])
def test_every_command_helps_with_examples(folder: Program, command: str) -> None:
    run = folder(*command.split(), "--help")
    assert run.code == 0
    _, _, examples = run.out.partition("Examples:")
    assert f"reconciler {command}" in examples, "a command has examples of its own"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["vallidate"], "did you mean 'validate'"),
        (["plan", "--formt", "json"], "--format"),
        (["apply", "--allow-removals", "-1"], "-1"),
        (["apply", "--allow-removals", "NaN"], "NaN"),
        (["apply", "--shard", "3/2", "--yes"], "I/N"),
        (["apply", "--shard", "²/3", "--yes"], "I/N"),
        (["apply", "--shard", "1/9999999999", "--yes"], "I/N"),
        (["explain", "no-hier"], "did you mean 'no-heir'"),
        (["explain", "own/nobody-wrote-it"], "look at rules: in portal.yaml"),
        (["plan"], "RECONCILER_PORTAL_URL"),
        (["apply"], "--yes"),
        (["plan", "--portal-url", "https://ann:secret@portal.example"], "user name or password"),
        (["portal", "token", "--database", "mysql://x/y", "--scope", "read"], "mysql"),
        (["portal", "token", "--scope", "read"], "there is no database 'portal.sqlite'"),
        (["portal", "tokens", "--database", "sqlite:///x.sqlite"], "there is no database 'x.sqlite'"),
        (["portal", "revoke", "tok_1"], "reconciler portal serve"),
        (["portal", "verify"], "there is no database"),
        (["portal", "backup", "--out", "portal.zip"], "there is no database"),
    ],
)
def test_wrong_usage_is_64_and_says_what_would_be_right(folder: Program, arguments: list[str], said: str) -> None:
    run = folder(*arguments, RECONCILER_PORTAL_TOKEN="token")
    assert run.code == 64, run.err
    assert said in run.err
    assert "secret@" not in run.err
    assert not list(folder.root.glob("*.sqlite*"))


@pytest.mark.parametrize("arguments", [[], ["portal"]])
def test_without_a_command_the_commands_are_listed(folder: Program, arguments: list[str]) -> None:
    run = folder(*arguments)
    assert (run.code, run.out) == (64, "")
    assert run.err == folder(*arguments, "--help").out


def test_an_unencrypted_portal_elsewhere_is_not_spoken_to(folder: Program) -> None:
    run = folder("plan", "--portal-url", "http://portal.provider.example", RECONCILER_PORTAL_TOKEN="token")
    assert (run.code, "use https" in run.err) == (64, True)
    assert folder("plan", "--portal-url", "https://portal.provider.example").code == 8


def test_an_unreachable_portal_is_6(folder: Program) -> None:
    run = folder("plan", "--portal-url", "http://127.0.0.1:9", RECONCILER_PORTAL_TOKEN="token")
    assert (run.code, "not reachable" in run.err) == (6, True)


def test_schemas_are_written_and_compared(folder: Program) -> None:
    assert folder("schema", "--check").code == 2
    assert folder("schema").code == 0
    assert folder("schema", "--check").out == "the schemas are up to date\n"


def test_every_rule_is_listed_once_a_group(folder: Program) -> None:
    lines = folder("explain").out.splitlines()
    plan = lines.index("plan: reported by reconciler plan")
    assert lines[0] == "files: reported by reconciler validate"
    assert [line.split()[0] for line in lines[1:plan]] == [rule.id for rule in FILE_RULES]
    assert [line.split()[0] for line in lines[plan + 1 :]] == [rule.id for rule in PLAN_RULES]


def test_a_rule_is_explained_with_the_line_to_write(folder: Program) -> None:
    run = folder("explain", "role")
    assert "The rule    a role is requester, observer or manager\n" in run.out
    assert "observer: see all requests" in run.out
    assert "What to do  Write `role: requester`.\n" in run.out
    assert max(map(len, run.out.splitlines())) <= 100


def test_a_rule_names_the_command_that_finds_it(folder: Program) -> None:
    assert "(reported by reconciler validate)" in folder("explain", "yaml-tab").out
    assert "(reported by reconciler validate and plan)" in folder("explain", "unknown-key").out
    assert "(reported by reconciler plan)" in folder("explain", "no-heir").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_completion(folder: Program, shell: str) -> None:
    assert "_RECONCILER_COMPLETE" in folder("completion", shell).out


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("reconciler plan --customer ha", ["havbris-sjomat"]),
        ("reconciler apply --yes --customer acme", ["acme-medical"]),
        ("reconciler plan --customer zzz", []),
        ("reconciler explain no-h", ["no-heir"]),
        ("reconciler explain own/t", ["own/too-slow"]),
        ("reconciler help exit", ["exit-codes"]),
        ("reconciler --root /nowhere/at/all plan --customer a", []),
    ],
)
def test_a_shell_completes_customers_and_rules(folder: Program, line: str, values: list[str]) -> None:
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_RECONCILER_COMPLETE": "bash_complete"}
    run = folder(**asked)
    assert [value.removeprefix("plain,") for value in run.out.split()] == values
    assert run.err == ""


def test_what_is_printed_does_not_depend_on_the_locale(folder: Program) -> None:
    path = folder.root / JANE
    path.write_text("name: 山田太郎\nrole: x\n", encoding="utf-8")
    plain = folder("validate")
    other = folder("validate", LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONHASHSEED="7", TZ="Asia/Tokyo", TERM="dumb")
    assert (plain.out, plain.code) == (other.out, other.code)


def test_a_reader_that_goes_away_is_no_crash(folder: Program) -> None:
    process = folder.start("explain")
    assert process.stdout is not None
    process.stdout.close()
    process.wait(30)
    assert process.returncode in {0, 141}
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("into", [">/dev/full", ">&-"])
def test_a_result_that_nobody_can_take_is_no_crash(folder: Program, into: str) -> None:
    command = f"{sys.executable} -m reconciler validate {into}"
    ended = subprocess.run(
        ["sh", "-c", command], cwd=folder.root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (6 if "full" in into else 0, False)
    assert ("the result cannot be written to stdout: No space left on device" in ended.stderr) is ("full" in into)


def test_a_log_for_machines_is_json(folder: Program) -> None:
    run = folder("plan", "--log-format", "json")
    assert json.loads(run.err.splitlines()[0])["level"] == "error"


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": ""}, True),
    ],
)
def test_the_environment_decides_the_color_that_no_flag_decides(
    folder: Program, environment: dict[str, str], colored: bool
) -> None:
    assert ("\x1b[" in folder("explain", "no-heir", **environment).out) is colored
    assert "\x1b[" in folder("explain", "no-heir", "--color", "always", **environment).out
    assert "\x1b[" not in folder("explain", "no-heir", "--color", "never", **environment).out


def test_the_version_names_the_formats_that_the_program_speaks(folder: Program) -> None:
    first, *formats = folder("--version").out.splitlines()
    assert re.fullmatch(r"reconciler, version \d+\.\d+\.\d+", first)
    portal_schema = json.loads((schemas_folder() / "portal.schema.json").read_text(encoding="utf-8"))
    plan_schema = json.loads((schemas_folder() / "plan.schema.json").read_text(encoding="utf-8"))
    files, documents = (schema["properties"]["schema_version"]["const"] for schema in (portal_schema, plan_schema))
    assert [line.split()[:3] for line in formats] == [
        ["files", "schema_version", str(files)],
        ["JSON", "schema_version", str(documents)],
        ["API", "/api/v1", "of"],
    ]


def test_help_knows_topics_and_commands(folder: Program) -> None:
    codes = folder("help", "exit-codes").out
    assert re.search(r"^4 +only other groups +a safeguard refused", codes, re.MULTILINE)
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([0-9, ]+) \|", page, re.MULTILINE)
    assert [line.split("  ")[0] for line in codes.splitlines()[1 : len(rows) + 1]] == rows
    assert "RECONCILER_PORTAL_TOKEN" in folder("help", "environment").out
    assert folder("help").out == folder("--help").out
    for command in (["plan"], ["portal", "revoke"]):
        assert folder("help", *command).out == folder(*command, "--help").out
    wrong = folder("help", "exit-code")
    assert (wrong.code, "did you mean 'exit-codes'?" in wrong.err) == (64, True)
    assert folder("help", "plan", "more").code == 64


def test_one_path_is_validated_with_what_the_other_files_say(folder: Program) -> None:
    path = folder.root / JANE
    path.write_text(path.read_text(encoding="utf-8").replace("tom-lang", "nobody-here"), encoding="utf-8")
    (folder.root / "customers/brackenfield/customer.yaml").write_text("nmae: X\n", encoding="utf-8")
    jane = folder("validate", JANE)
    assert (jane.code, jane.out.count("error["), "'nobody-here' is not a contact" in jane.out) == (3, 1, True)
    assert re.search(r"^\d error in other files; run reconciler validate$", jane.err, re.MULTILINE)
    other = folder("validate", "customers/havbris-sjomat")
    assert (other.code, other.out) == (0, "7 files are valid: 1 customer, 5 contacts\n")
    assert folder("validate", JANE, "portal.yaml", "--format", "json").code == 3
    assert folder("validate", ".").out == folder("validate").out
    summary = json.loads(folder("validate", JANE, "--format", "json").out)["summary"]
    assert summary == {"files": 1, "customers": 0, "contacts": 1, "errors": 1, "warnings": 0}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("customers/acme-medical/contacts/jane-do.yaml", "did you mean"),
        ("customers/nobody", "there is no file to validate at 'customers/nobody'"),
        ("..", "is not below"),
        ("customers/acme-medica", "there is no file to validate"),
    ],
)
def test_a_path_without_a_file_is_wrong_usage(folder: Program, path: str, said: str) -> None:
    run = folder("validate", path)
    assert (run.code, run.out, said in run.err) == (64, "", True), run.err


@pytest.mark.parametrize("has_folder", [False, True])
def test_without_customers_validate_says_what_plan_says(folder: Program, has_folder: bool) -> None:
    shutil.rmtree(folder.root / "customers")
    if has_folder:
        (folder.root / "customers").mkdir()
    run = folder("validate")
    plan = folder("plan", "--portal-url", "http://127.0.0.1:9", RECONCILER_PORTAL_TOKEN="token")
    assert (run.code, run.err) == (plan.code, plan.err) == (4, plan.err)
    assert "refusing to treat an empty tree" in run.err


def test_a_command_that_writes_names_the_folder_that_it_found(folder: Program) -> None:
    below = Program(folder.root / "customers/acme-medical", {"HOME": str(folder.root.parent)})
    run = below("schema")
    assert (run.code, run.err) == (0, f"using the files in {folder.root.resolve()}\n")
    assert (folder.root / "schemas" / "contact.schema.json").is_file()
    assert below("schema", "--check").err == "using portal.yaml in ../..\n"
    applying = below("apply", "--yes", "--portal-url", "http://127.0.0.1:9", RECONCILER_PORTAL_TOKEN="token")
    assert (applying.code, f"using the files in {folder.root.resolve()}\n" in applying.err) == (6, True)
    assert "using" not in folder("validate").err
