"""Answers that flow have one class, and the collector is tuned where a command ends soon."""

from __future__ import annotations

import ast

from tests.house.test_layers import imports, modules


def test_every_answer_that_flows_is_streamed_by_the_one_class_that_closes_its_source() -> None:
    for name, tree in modules():
        names = {imported.rpartition(".")[2] for imported in imports(tree)}
        stray = names & {"StreamingResponse", "FileResponse"}
        assert not stray, (
            f"{name} imports {sorted(stray)}: answer with `web.streaming.StreamedResponse`, which closes its source"
        )


def test_the_collector_is_tuned_only_for_plan_and_apply() -> None:
    tuned = [name for name, tree in modules() if "gc.set_threshold" in ast.unparse(tree)]
    assert tuned == ["cli/commands/options.py"]
    users = [name for name, tree in modules() if any(each.endswith(".rare_collections") for each in imports(tree))]
    assert users == ["cli/commands/apply.py", "cli/commands/plan.py"]
