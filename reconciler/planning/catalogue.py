"""Every refusal and warning of `plan`, as `reconciler explain` tells it."""

from __future__ import annotations

from typing import Final

from reconciler.model.rules import Rule

_ROWS: Final = (
    ("address-taken", "an address has one living holder in the whole portal",
     "Two people cannot log in with one address.", "Take the holder out in the same pull request, or use another address."),
    ("conflict", "the file and the portal did not both move a value",
     "Nobody but you knows which of the two decisions is meant.", "Ask whoever changed the portal, and set the file to what it shall be."),
    ("heir-invited", "an heir has activated her access",
     "Until then she cannot see the work that she receives.", "Resend the activation, or name somebody else."),
    ("last-manager", "a customer that has a manager keeps one",
     "Without one nobody there can run the team.", "Make somebody a manager first, or write `manager_optional: true`."),
    ("leaves-soon", "nobody's last day is near", "A person leaves within 14 days.", "Make sure that an heir is named."),
    ("name-taken", "a customer's name is no other customer's in the portal",
     "People tell customers apart by name.", "Rename the other customer first, or use another name."),
    ("no-heir", "whoever leaves open work names who receives it",
     "At every moment each open request has a living owner.", "Write `heir: KEY` in the farewell, the contact's or the customer's file."),
    ("older-commit", "a customer is not applied from an older commit",
     "An old job that runs again would undo what came after.", "Use `fetch-depth: 0`; to go back on purpose, `--allow-rollback`."),
    ("one-person-or-two", "a file that goes and one that comes are clearly one person or two",
     "A shared mailbox must not hand a leaver's account to the next.", "Write `previously: [KEY]`, or `removed/KEY.yaml`."),
    ("only-invited-managers", "a customer has a manager who can log in", "The others have not activated yet.", "Make sure one of them does."),
    ("open-requests", "a customer is archived without open requests", "Archiving ends access to the work.", "Deliver or cancel them first."),
    ("other-owner", "a file names nothing that another repository manages",
     "Two repositories would undo each other's work for ever.", "`reconciler import --take-over KEY`."),
    ("other-portal", "portal.yaml is for this portal", "The same files must not reach a test portal's twin by accident.", "Check the address."),
    ("protected", "what is protected keeps its access and power", "Somebody decided that this must take two steps.",
     "Write `protect: false`, merge and apply that first."),
    ("registration-changed", "a registration is as it was reviewed", "What was approved must be what gets access.",
     "Read it in the portal, then write the `registration:` line that `plan` shows, or delete the file."),
    ("registration-pending", "who signed up is approved, not added beside", "The person would get two accesses.",
     "Write the `registration:` line that `plan` shows into the file, or `registration: none`."),
    ("same-customer", "a folder that goes and one that comes are clearly one customer or two",
     "Its people would lose access and be invited again.", "Write `previously: [KEY]` in the new customer.yaml."),
    ("service-in-use", "a service goes when nobody uses it", "Requests under way need it.", "Keep it until nobody does."),
    ("service-unknown", "a service that a file names is in the portal",
     "Where portal.yaml manages no services, only the portal knows them.", "Correct the name, or declare the service in portal.yaml."),
    ("too-many-mails", "one run sends at most so many mails", "A mistake should not reach everybody's mailbox.", "`--allow-mails N`, exactly."),
    ("too-many-removals", "one run takes access or power from few people", "A mistake should not lock out a company.", "`--allow-removals N`, exactly."),
    ("tree-empty", "an empty tree removes nobody", "A broken checkout looks like a wish to remove everybody.", "Check out the whole tree."),
    ("waits-for-service", "what a customer orders is there, and what goes is nobody's any more",
     "The service that it needs is held back, or somebody who was to let go of it is.", "Solve that first."),
)  # fmt: skip

RULES: Final[tuple[Rule, ...]] = tuple(Rule(row[0], "plan", row[1], row[2], row[3]) for row in _ROWS)
"""Sorted by id."""
