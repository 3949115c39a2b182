"""`reconciler explain`."""

from __future__ import annotations

import click

from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.rules import Rule
from reconciler.reports.style import Style, Tone
from reconciler.usecases.explain import every_rule
from reconciler.usecases.explain import explain as look_up

EPILOG = """\b
Examples:
  reconciler explain           all rules, a line each
  reconciler explain no-heir
"""


@click.command(epilog=EPILOG)
@click.argument("rule", required=False)
@with_settings
def explain(settings: Settings, rule: str | None) -> int:
    """Explain a rule: what it asks for, why, and what to do."""
    style = style_of(settings)
    if rule is None:
        width = max(len(each.id) for each in every_rule())
        show("".join(f"{each.id:<{width}}  {each.where:<5}  {each.sentence}\n" for each in every_rule()))
    else:
        show("\n".join(_told(each, style) for each in look_up(rule)))
    return 0


def _told(rule: Rule, style: Style) -> str:
    found_by = "validate" if rule.where == "files" else "plan"
    return (
        f"{style.paint(Tone.STRONG, rule.id)}  (found by reconciler {found_by})\n\n"
        f"  The rule    {rule.sentence}\n  Why         {rule.reason}\n  What to do  {rule.remedy}\n"
    )
