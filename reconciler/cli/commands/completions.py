"""Values that a shell completes: keys of customers, ids of rules, topics of the help.

They are typed half, so nothing here complains: without readable files there is nothing to complete.
"""

from __future__ import annotations

import click

from reconciler.cli.help_topics import TOPICS
from reconciler.cli.settings import Settings
from reconciler.model.errors import ReconcilerError
from reconciler.model.rules import RULES


def complete_customer(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the customers whose keys begin so, by their folders."""
    try:
        folders = list((_settings(context).repository().root / "customers").iterdir())
    except (OSError, ReconcilerError):
        return []
    keys = (folder.name for folder in folders if (folder / "customer.yaml").is_file())
    return sorted(key for key in keys if key.startswith(incomplete))


def complete_rule(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the rules whose ids begin so, the repository's own included."""
    ids = [str(rule.id) for rule in RULES]
    # Reading the own rules takes a moment, so only for somebody who may want one.
    if incomplete.startswith("ow"):
        ids += _own_rule_ids(_settings(context))
    return sorted(id for id in ids if id.startswith(incomplete))


def complete_topic(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the topics and commands whose names begin so."""
    group = context.find_root().command
    commands = group.list_commands(context) if isinstance(group, click.Group) else []
    return [name for name in (*TOPICS, *commands) if name.startswith(incomplete)]


def _own_rule_ids(settings: Settings) -> list[str]:
    # only for these rules: the import loads jsonschema
    from reconciler.documents.tree_rules import own_rules  # noqa: PLC0415
    from reconciler.usecases.checkout import read_files  # noqa: PLC0415  the same

    try:
        return [rule.id for rule in own_rules(read_files(settings.repository()))]
    except ReconcilerError:
        return []


def _settings(context: click.Context) -> Settings:
    """Return quiet settings with the root among the flags, before or after the command's name."""
    contexts = (context, context.find_root())
    roots = (level.params.get("root") for level in contexts)
    return Settings(root=next((root for root in roots if root), None), quiet=True)
