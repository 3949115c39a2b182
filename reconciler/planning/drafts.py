"""What planning has found so far: the lists that every stage adds to and the last one sorts."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.changes import Change
from reconciler.model.plan import PortalEdit, Refusal, Scope, Warning


@dataclass(slots=True)
class Draft:
    """Findings of one stage, or of all. `ties`: pairs of customers that go together."""

    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    edits: list[PortalEdit] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)
    ties: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Draft) -> None:
        """Take over all that the other stage found."""
        self.changes += other.changes
        self.refusals += other.refusals
        self.edits += other.edits
        self.warnings += other.warnings
        self.ties += other.ties

    def refuse(
        self, rule: str, customer: str | None, contact: str | None, message: str, hint: str | None = None
    ) -> None:
        """Hold back a customer (with its group), or the settings when there is no customer."""
        self.refusals.append(Refusal(rule, Scope.CUSTOMER, message, customer, contact, hint))

    def hold(self, rule: str, customer: str, contact: str, message: str, hint: str | None = None) -> None:
        """Hold back one contact alone."""
        self.refusals.append(Refusal(rule, Scope.CONTACT, message, customer, contact, hint))

    def warn(self, rule: str, customer: str | None, contact: str | None, message: str, hint: str | None = None) -> None:
        """Tell the reviewer."""
        self.warnings.append(Warning(rule, message, customer, contact, hint))
