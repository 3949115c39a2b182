"""The safeguards: what holds back a plan, a customer or nothing, computed on the whole plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.desired import DesiredState, Policy
from reconciler.model.live import LiveContact, LiveState, Status
from reconciler.model.plan import Facts, Refusal, Scope
from reconciler.model.roles import Role
from reconciler.planning.circumstances import Case
from reconciler.planning.drafts import Draft
from reconciler.planning.index import Index
from reconciler.planning.matching import How
from reconciler.planning.standings import standings

_SMALL = 10
_STRICTER_IS_LESS = (
    "removals_percent", "removals_at_least", "removals_at_most", "removals_per_customer_percent",
    "removals_small_customer", "mails_per_run",
)  # fmt: skip


_LIFT = "write protect: false, merge and apply that first"


@dataclass(frozen=True, slots=True)
class Loss:
    """Who loses access or power, and at which customer.

    `overall`: not by what happens to one contact or her customer's list; the customer's own limit does not apply.
    """

    customer: str
    person: str
    overall: bool


def losses(changes: Iterable[Change]) -> set[Loss]:
    """The distinct people who lose access or power, by any of the ways to lose it."""
    found = set()
    for change in changes:
        overall = change.kind is Kind.ARCHIVE_CUSTOMER or change.object is ObjectKind.SERVICE
        if change.effects.loses and change.contact is not None:
            found.add(Loss(change.customer or "", f"{change.customer}/{change.contact}", overall=False))
        if change.effects.loses:
            found |= {Loss(change.customer or "", person, overall) for person in change.effects.people}
    return found


def people_losing(changes: Iterable[Change]) -> int:
    """How many distinct people lose access or power: the number that `--allow-removals` has to name."""
    return _people(losses(changes))


def _people(found: set[Loss]) -> int:
    return len({loss.person for loss in found})


def limits(desired: Policy, live: LiveState) -> Policy:
    """The numbers in force: of the file's and the last applied ones the stricter, one by one."""
    applied = live.settings.applied.fields if live.settings.applied else {}
    strict = {}
    for name in Policy.__slots__:
        here = getattr(desired, name)
        there = applied.get(f"policy.{name}")
        strict[name] = min(here, there) if name in _STRICTER_IS_LESS and isinstance(there, int) else here
    return Policy(**strict)


def judge_whole(changes: list[Change], desired: DesiredState, index: Index, facts: Facts) -> list[Refusal]:
    """What refuses the whole plan."""
    refusals = []
    policy = limits(desired.policy, index.live)
    if desired.portal is not None and desired.portal != index.live.portal:
        message = f"portal.yaml is for the portal '{desired.portal}'; this one is '{index.live.portal}'"
        refusals.append(_whole("other-portal", message, "check the portal's web address"))
    if not desired.customers and any(index.manages(c) and not c.archived for c in index.live.customers.values()):
        message = "there is not one customer in the files, but the portal has some of ours; nothing was changed"
        refusals.append(_whole("tree-empty", message, "check out the whole tree; an empty folder removes nobody"))
    refusals += _people_limit(people_losing(changes), index.managed_people(), policy, facts)
    refusals += _mail_limit(sum(len(change.effects.mails) for change in changes), policy, facts)
    return refusals


def _people_limit(people: int, population: int, policy: Policy, facts: Facts) -> list[Refusal]:
    allowed = facts.permissions.allow_removals
    if allowed is not None:
        if allowed == people:
            return []
        message = f"--allow-removals {allowed} does not fit: this plan takes access or power from {people} people"
        return [
            _whole(
                "too-many-removals",
                f"{message}; nothing was changed",
                f"if this is meant, say --allow-removals {people}",
            )
        ]
    limit = min(policy.removals_at_most, max(policy.removals_at_least, policy.removals_percent * population // 100))
    if people <= limit:
        return []
    share = f"{100 * people // population} %" if population else "all"
    message = (
        f"this plan takes access or power from {people} of {population} people ({share}); the limit is {limit} "
        f"({policy.removals_percent} %, at least {policy.removals_at_least}, at most {policy.removals_at_most}); "
        "nothing was changed"
    )
    return [_whole("too-many-removals", message, f"if this is meant, apply with --allow-removals {people}")]


def _mail_limit(mails: int, policy: Policy, facts: Facts) -> list[Refusal]:
    allowed = facts.permissions.allow_mails
    if allowed is not None:
        if allowed == mails:
            return []
        message = f"--allow-mails {allowed} does not fit: this plan sends {mails} mails; nothing was changed"
        return [_whole("too-many-mails", message, f"if this is meant, say --allow-mails {mails}")]
    if mails <= policy.mails_per_run:
        return []
    message = f"this plan sends {mails} mails; the limit is {policy.mails_per_run}; nothing was changed"
    return [_whole("too-many-mails", message, f"if this is meant, apply with --allow-mails {mails}")]


def judge_customers(changes: list[Change], cases: list[Case], desired: DesiredState, facts: Facts) -> Draft:
    """What refuses one customer, with its group."""
    draft = Draft()
    if not cases:
        return draft
    policy = limits(desired.policy, cases[0].index.live)
    losing: dict[str, set[str]] = defaultdict(set)
    found = losses(changes)
    for loss in found:
        if not loss.overall:
            losing[loss.customer].add(loss.person)
    touched: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        touched[change.customer or ""].append(change)
    for case in cases:
        own = touched.get(case.key, [])
        if facts.permissions.allow_removals is None:
            _customer_limit(case, len(losing[case.key]), _people(found), policy, draft)
        if own:
            _rollback(case, facts, draft)
            _protected(case, own, draft)
        if case.customer.how not in {How.GONE, How.AWAY, How.CREATED}:
            _last_manager(case, draft)
    _protected_from_all(cases, touched[""], draft)
    return draft


def _customer_limit(case: Case, people: int, of_plan: int, policy: Policy, draft: Draft) -> None:
    live = case.customer.live
    population = sum(1 for row in case.index.living(live) if case.index.manages(row)) if live else 0
    if population >= _SMALL:
        limit = policy.removals_per_customer_percent * population // 100
        rule = f"{policy.removals_per_customer_percent} %"
    else:
        limit = min(policy.removals_small_customer, max(0, population - 1))
        rule = f"below {_SMALL} people at most {policy.removals_small_customer}, and never all"
    if people > limit:
        message = f"{people} of {population} people lose access or power; the limit is {limit} ({rule})"
        draft.refuse(
            "too-many-removals",
            case.key,
            None,
            message,
            f"if this is meant, apply with --allow-removals {of_plan}",
        )


def _rollback(case: Case, facts: Facts, draft: Draft) -> None:
    last = case.customer.live.last_commit if case.customer.live else None
    if last is None or facts.permissions.allow_rollback or last in facts.ancestors:
        return
    if facts.commit is None:
        message = f"{case.key} was last applied from commit {last[:12]}, and this tree is in no git"
    else:
        message = (
            f"{case.key} was last applied from commit {last[:12]}, which {facts.commit[:12]} does not descend from"
        )
    hint = "an old job run again? a shallow clone needs fetch-depth: 0; to go back on purpose: --allow-rollback"
    draft.refuse("older-commit", case.key, None, message, hint)


_FORBIDDEN = {
    Kind.REMOVE_CONTACT: "removed", Kind.CHANGE_EMAIL: "given another address", Kind.RELEASE_CONTACT: "released",
    Kind.ARCHIVE_CUSTOMER: "archived", Kind.RENAME_CUSTOMER: "renamed", Kind.RELEASE_CUSTOMER: "released",
}  # fmt: skip


def _protected(case: Case, changes: list[Change], draft: Draft) -> None:
    live = case.customer.live
    protected = [row for row in case.index.contacts[live.id] if row.fields.get("protected") is True] if live else []
    own = {row.id: row for row in protected}
    for change in changes:
        what = _FORBIDDEN.get(change.kind) or ("deprived of power" if change.effects.loses else None)
        if what is None:
            continue
        for row in _concerned(case, change, own):
            _refuse_protected(case, case.called(row).partition("/")[2], what, draft)
        if change.contact is None and change.kind in _FORBIDDEN and live and live.fields.get("protected") is True:
            _refuse_protected(case, None, what, draft)


def _concerned(case: Case, change: Change, protected: dict[str, LiveContact]) -> list[LiveContact]:
    """Whom of the protected people a change of their own or of their customer is about."""
    if change.contact is not None:
        row = protected.get(change.target.id or "")
        return [row] if row else []
    everybody = change.kind in {Kind.ARCHIVE_CUSTOMER, Kind.RELEASE_CUSTOMER}
    return [
        row for row in protected.values() if row.living and (everybody or case.called(row) in change.effects.people)
    ]


def _protected_from_all(cases: list[Case], changes: list[Change], draft: Draft) -> None:
    """No service is taken from everybody while somebody among them is protected."""
    taken = {person for change in changes for person in change.effects.people}
    if not taken:
        return
    for case in cases:
        rows = case.index.contacts[case.customer.live.id] if case.customer.live else []
        for row in rows:
            if row.living and row.fields.get("protected") is True and case.called(row) in taken:
                message = f"{case.called(row)} is protected and cannot be deprived of power"
                draft.refuse("protected", None, None, message, _LIFT)


def _refuse_protected(case: Case, contact: str | None, what: str, draft: Draft) -> None:
    message = f"{contact or case.key} is protected and cannot be {what}"
    draft.refuse("protected", case.key, contact, message, _LIFT)


def _last_manager(case: Case, draft: Draft) -> None:
    live, wanted = case.customer.live, case.customer.desired
    optional = wanted.fields.get("manager_optional") if wanted else case.remembered.get("manager_optional")
    if live is None or optional or case.released:
        return
    standing = {Status.ACTIVE, Status.INVITED}
    before = [r for r in case.index.living(live) if r.role is Role.MANAGER and r.status in standing]
    after = [p for p in standings(case).values() if p.role is Role.MANAGER and not p.leaves and p.status in standing]
    if before and not after:
        message = f"{case.key} would have no manager any more"
        draft.refuse(
            "last-manager", case.key, None, message, "make somebody a manager first, or write manager_optional: true"
        )
    elif any(r.status is Status.ACTIVE for r in before) and all(p.status is Status.INVITED for p in after):
        message = f"{case.key} has only managers who have not activated their access yet"
        draft.warn("only-invited-managers", case.key, None, message, "make sure one of them does")


def _whole(rule: str, message: str, hint: str) -> Refusal:
    return Refusal(rule, Scope.PLAN, message, hint=hint)
