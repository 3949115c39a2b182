"""The values that a file may choose from; schemas, messages and explanations read them here."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The reason why a contact leaves or a registration is rejected."""

    LEFT = "left"
    ROLE_CHANGE = "role_change"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    OTHER = "other"


# The order counts: `planning.portal_edit_reverts` compares the positions.
class SignUp(StrEnum):
    """The sign-up modes, from the narrowest to the widest."""

    CLOSED = "closed"
    APPROVAL_REQUIRED = "approval_required"
    OPEN = "open"


class Workflow(StrEnum):
    """A way from a request to a quote or a project."""

    PM_QUOTE_MANUAL = "pm_quote_manual"
    PM_QUOTE_AUTOMATIC = "pm_quote_automatic"
    AUTOMATIC_QUOTE = "automatic_quote"
    AUTOMATIC_PROJECT = "automatic_project"


# The order counts: `catalogue` takes the first member as the strictest.
class PortalEdits(StrEnum):
    """The treatment of a portal edit: it is proposed as a change of the files, or undone."""

    PROPOSE = "propose"
    REVERT = "revert"


class Unreviewed(StrEnum):
    """The treatment of a merge whose plan was not reviewed."""

    APPLY = "apply"
    HOLD = "hold"


# The language of the sentences in the source: it needs no catalog, so it is always available.
ENGLISH: Final = "en"
