"""`reconciler completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from reconciler.cli.output import show
from reconciler.model.errors import WrongUsage

EPILOG = """\b
Examples:
  bash:  reconciler completion bash >> ~/.bashrc
  zsh:   reconciler completion zsh >> ~/.zshrc
  fish:  reconciler completion fish > ~/.config/fish/completions/reconciler.fish
"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script of a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        raise WrongUsage(f"'{shell}' is not a supported shell", "use bash, zsh or fish")
    show(
        kind(context.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE").source()
        + "\n"
    )
    return 0
