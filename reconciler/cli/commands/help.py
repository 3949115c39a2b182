"""`reconciler help`."""

from __future__ import annotations

import difflib

import click

from reconciler.cli.commands.completions import complete_topic
from reconciler.cli.help_topics import TOPICS
from reconciler.cli.output import show
from reconciler.model.errors import WrongUsage

EPILOG = "\n".join(
    [
        "\b",
        "Topics:",
        *(f"  {name:<12}  {line}" for name, (line, _) in TOPICS.items()),
        "",
        "\b",
        "Examples:",
        "  reconciler help exit-codes",
        "  reconciler help plan",
        "  reconciler help portal token",
    ]
)


@click.command("help", epilog=EPILOG)
@click.argument("topic", nargs=-1, shell_complete=complete_topic)
@click.pass_context
def help_command(context: click.Context, topic: tuple[str, ...]) -> int:
    """Show a topic, or the help of a command; without a name, of the program."""
    if len(topic) == 1 and topic[0] in TOPICS:
        show(TOPICS[topic[0]][1]())
        return 0
    current = context.find_root()
    for name in topic:
        command = None
        if isinstance(current.command, click.Group):
            command = current.command.get_command(current, name)
        if command is None:
            raise WrongUsage(f"no such topic '{' '.join(topic)}'", _hint(current, name))
        current = click.Context(command, info_name=name, parent=current)
    show(current.get_help() + "\n")
    return 0


def _hint(context: click.Context, name: str) -> str:
    group = context.command
    commands = group.list_commands(context) if isinstance(group, click.Group) else []
    near = difflib.get_close_matches(name, [*TOPICS, *commands], 1)
    topics = f"topics are {', '.join(TOPICS)}, and every command"
    return f"did you mean '{near[0]}'?" if near else topics
