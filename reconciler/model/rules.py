"""Rules: the named reasons for problems, refusals and warnings, as `reconciler explain` shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable id in kebab case, one sentence that is true when it is kept, and the rest.

    `where`: `files` (found by validate) or `plan` (found by plan). `reason`: why there is such a
    rule. `remedy`: what to do, with an example in YAML or a command where that helps.
    """

    id: str
    where: str
    sentence: str
    reason: str
    remedy: str
