"""A removed folder and a new one that look like the same customer, without `previously`."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.desired import DesiredCustomer
from reconciler.model.equality import address_key, name_key
from reconciler.model.live import LiveCustomer
from reconciler.model.rules import RuleId
from reconciler.model.sentences import sentence
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.index import Index
from reconciler.planning.matching import MatchKind, removed_by_others
from reconciler.planning.plan_items import CustomerLink, PlanItems, refuse


def refuse_lookalikes(contexts: Iterable[CustomerContext], index: Index) -> PlanItems:
    """Yield a refusal for each pair of a removed and a new folder that look alike."""
    customers = list(contexts)
    removed_folders = [
        (context.key, context.customer.live)
        for context in customers
        if context.customer.kind is MatchKind.WITHOUT_FILE and context.customer.live
    ]
    for context in customers:
        desired = context.customer.desired
        if desired is None or desired.release:
            continue
        for former, row in removed_folders:
            if _may_continue(context.customer.kind, row) and _look_alike(
                desired, row, index
            ):
                message = sentence(
                    "refusal",
                    "folder {former} is missing, and {key} looks like the same customer",
                    former=former,
                    key=context.key,
                )
                hint = sentence(
                    "hint",
                    "write {line} in {path}",
                    line=f"previously: [{former}]",
                    path=desired.place.path,
                )
                yield refuse(RuleId.SAME_CUSTOMER, context.key, None, message, hint)
                yield CustomerLink(context.key, former)


def _may_continue(kind: MatchKind, former: LiveCustomer) -> bool:
    """Return whether a folder with this match may be the removed folder under another key."""
    if former.archived and not removed_by_others(former.applied):
        # Once an archive is recorded, a new customer may have the name of the archived one.
        return False
    if kind is MatchKind.RESTORED:
        # A folder of an earlier life must not bring back whom somebody else archived.
        return former.archived
    return kind in {MatchKind.CREATED, MatchKind.ADOPTED}


def _look_alike(desired: DesiredCustomer, former: LiveCustomer, index: Index) -> bool:
    """Return whether the two share a name, or at least half of the former folder's addresses."""
    before = {
        address_key(contact.email)
        for contact in index.contacts[former.id]
        if index.manages(contact)
        and (
            contact.living
            or (contact.removal is not None and contact.removal.with_customer)
        )
    }
    after = {address_key(contact.email) for contact in desired.contacts.values()}
    # At least half (SPEC part 3, "Identity"): some people may have left with the renaming.
    half = bool(before) and 2 * len(before & after) >= len(before)
    return half or name_key(former.name) == name_key(desired.name)
