"""The rules whose findings are warnings, at least in some places: what `acknowledge` may name."""

from __future__ import annotations

from typing import Final

from reconciler.model.rules.rule import RuleId

# Some of them also refuse: an acknowledgement never lifts that.
WARNINGS: Final = frozenset(
    {
        RuleId.CANNOT_ORDER,
        RuleId.FOREIGN_DOMAIN,
        RuleId.HEIR,
        RuleId.HEIR_CIRCLE,
        RuleId.HEIR_INVITED,
        RuleId.LEAVES_DATE,
        RuleId.LEAVES_SOON,
        RuleId.LINK_EXPIRED,
        RuleId.MANAGER_CANNOT_LOG_IN,
        RuleId.MIXED_SCRIPT,
        RuleId.OLDER_COMMIT,
        RuleId.ONLY_INVITED_MANAGERS,
        RuleId.OPEN_SIGN_UP,
        RuleId.REGISTRATION_PENDING,
        RuleId.RULE_SCHEMA,
        RuleId.UNKNOWN_KEY,
    }
)
