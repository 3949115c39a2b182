"""The limits in force, and how many people and mails a plan may affect."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.desired import Policy
from reconciler.model.fields import stricter
from reconciler.model.plan import Facts, Loss, Refusal, Review
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence, plural_sentence, sentence
from reconciler.planning.plan_items import refuse_plan

# Below this number of people, a customer's limit is a number and not a percentage.
SMALL_CUSTOMER = 10


def policy_in_force(demanded: Policy, applied: Policy) -> Policy:
    """Return the stricter of the file's and the last applied policy, value by value."""
    values = {
        field.name: stricter(
            ObjectKind.SETTINGS,
            f"policy.{field.name}",
            getattr(demanded, field.name),
            getattr(applied, field.name),
        )
        for field in fields(Policy)
    }
    return Policy(**values)  # type: ignore[arg-type]  # each value is one of the two of its field


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a plan: the people whom the limits count, out of how many, and the mails.

    `losses`: what the people lose. `changes`: those that would be applied.
    """

    people: frozenset[str]
    population: int
    losses: frozenset[Loss]
    changes: tuple[Change, ...]


def limit_refusals(
    cost: Cost, demanded: Policy, applied: Policy, facts: Facts
) -> Iterator[Refusal]:
    """Yield the refusals of the whole plan because of its numbers.

    A number from the caller must be exact for the plan that is shown, and is an upper bound for the
    plan that is made again under the lease: it holds nothing that was not shown. A number in a
    reviewed plan is an upper bound for the people and mails of that plan; everything else is
    measured together against the limits.
    """
    permissions = facts.permissions
    fits = operator.eq if facts.run.displayed is None else operator.le
    policy = policy_in_force(demanded, applied)
    people, mails = cost.people, cost.changes
    for review in facts.run.reviewed or ():
        if (
            permissions.allow_removals is None
            and review.permissions.allow_removals is not None
        ):
            own = _people_of(review, cost)
            yield from _people_beyond(len(own & people), review.permissions.allow_removals)
            # Counted once: the next reviewed plan must not be charged for the same people.
            people -= own
        if permissions.allow_mails is None and review.permissions.allow_mails is not None:
            sending = tuple(change for change in mails if change.id in review.ids)
            yield from _mails_beyond(mails_of(sending), review.permissions.allow_mails)
            mails = tuple(change for change in mails if change.id not in review.ids)
    merge_first = len(people) <= _limit(demanded, cost.population)
    if permissions.allow_removals is None:
        yield from _people_limit(
            len(people), cost.population, policy, merge_first=merge_first
        )
    elif not fits(len(people), permissions.allow_removals):
        yield _wrong_people(len(people), permissions.allow_removals)
    merge_first = mails_of(mails) <= demanded.mails_per_run
    if permissions.allow_mails is None:
        yield from _mail_limit(mails_of(mails), policy, merge_first=merge_first)
    elif not fits(mails_of(mails), permissions.allow_mails):
        yield _wrong_mails(mails_of(mails), permissions.allow_mails)


def _people_of(review: Review, cost: Cost) -> frozenset[str]:
    """Return the people who lose nothing but what this reviewed plan shows."""
    reviewed = [change for change in cost.changes if change.id in review.ids]
    archived = {
        change.customer for change in reviewed if change.kind is Kind.ARCHIVE_CUSTOMER
    }
    shown_people = {
        *(loss.person for loss in review.losses),
        *(f"{change.customer}/{change.contact}" for change in reviewed),
        *(person for person in cost.people if person.partition("/")[0] in archived),
    }
    people_with_other_losses = {loss.person for loss in cost.losses - review.losses}
    return frozenset(shown_people - people_with_other_losses)


def mails_of(changes: Iterable[Change]) -> int:
    """Return the number of mails that the changes send."""
    return sum(len(change.effects.mails) for change in changes)


def _people_beyond(people: int, permitted: int) -> Iterator[Refusal]:
    if people > permitted:
        message = plural_sentence(
            "refusal",
            "the reviewed plan takes access or power from {count} person now; it allows "
            "{permitted}; nothing was changed",
            "the reviewed plan takes access or power from {count} people now; it allows "
            "{permitted}; nothing was changed",
            people,
            permitted=permitted,
        )
        yield refuse_plan(RuleId.TOO_MANY_REMOVALS, message, _PLAN_AGAIN)


def _mails_beyond(mails: int, permitted: int) -> Iterator[Refusal]:
    if mails > permitted:
        message = plural_sentence(
            "refusal",
            "the reviewed plan sends {count} mail now; it allows {permitted}; nothing was "
            "changed",
            "the reviewed plan sends {count} mails now; it allows {permitted}; nothing was "
            "changed",
            mails,
            permitted=permitted,
        )
        yield refuse_plan(RuleId.TOO_MANY_MAILS, message, _PLAN_AGAIN)


_PLAN_AGAIN = sentence(
    "hint", "run `reconciler plan --out plan.json` again and review the plan"
)


def _limit(policy: Policy, population: int) -> int:
    # Rounded down, and equality passes (SPEC part 3).
    share = policy.removals_percent * population // 100
    return min(policy.removals_at_most, max(policy.removals_at_least, share))


def _wrong_people(people: int, permitted: int) -> Refusal:
    # Exact, so that a number from last week cannot allow what was added since.
    message = plural_sentence(
        "refusal",
        "{option} is wrong: this plan takes access or power from {count} person; "
        "nothing was changed",
        "{option} is wrong: this plan takes access or power from {count} people; "
        "nothing was changed",
        people,
        option=f"--allow-removals {permitted}",
    )
    hint = _PASS.with_arguments(option=f"--allow-removals {people}")
    return refuse_plan(RuleId.TOO_MANY_REMOVALS, message, hint)


def _people_limit(
    people: int, population: int, policy: Policy, *, merge_first: bool
) -> Iterator[Refusal]:
    limit = _limit(policy, population)
    if people <= limit:
        return
    message = sentence(
        "refusal",
        "this plan takes access or power from {people} of {population} people ({share}); the "
        "limit is {limit} ({percent}, at least {least}, at most {most}); nothing was changed",
        people=people,
        population=population,
        share=_share(people, population, policy.removals_percent),
        limit=limit,
        percent=percentage(policy.removals_percent),
        least=policy.removals_at_least,
        most=policy.removals_at_most,
    )
    hint = MERGE_FIRST if merge_first else allow_removals_hint(people)
    yield refuse_plan(RuleId.TOO_MANY_REMOVALS, message, hint)


def percentage(number: int) -> Sentence:
    """Return the number with its sign, which languages place and space differently."""
    return sentence("value", "{number} %", number=number)


def _share(people: int, population: int, limit: int) -> Sentence:
    """Return the part of the population in percent, with as many decimals as it takes to differ
    from the limit.
    """
    if not population:
        return sentence("value", "all")
    # Rounded down to 20 %, a plan beyond a limit of 20 % would look refused without a reason.
    decimals, scale = 0, 1
    while 100 * scale * people // population == limit * scale:
        if 100 * scale * people % population == 0:
            break
        decimals, scale = decimals + 1, scale * 10
    whole, fraction = divmod(100 * scale * people // population, scale)
    if not decimals:
        return percentage(whole)
    return sentence(
        "value", "{whole}.{fraction} %", whole=whole, fraction=f"{fraction:0{decimals}}"
    )


def allow_removals_hint(people: int) -> Sentence:
    """Return the hint about a plan that takes something from this many people."""
    return _APPLY_WITH.with_arguments(option=f"--allow-removals {people}")


# The option is an argument, so that it stays in one piece in a language from right to left.
_PASS: Final = sentence("hint", "if this is intended, pass {option}")
_APPLY_WITH: Final = sentence("hint", "if this is intended, apply with {option}")


# The hint about a limit that only the last applied policy still sets.
MERGE_FIRST = sentence(
    "hint",
    "the new policy in portal.yaml would allow it, but takes effect in the next run; merge "
    "and apply the policy first",
)


def _wrong_mails(mails: int, permitted: int) -> Refusal:
    message = plural_sentence(
        "refusal",
        "{option} is wrong: this plan sends {count} mail; nothing was changed",
        "{option} is wrong: this plan sends {count} mails; nothing was changed",
        mails,
        option=f"--allow-mails {permitted}",
    )
    hint = _PASS.with_arguments(option=f"--allow-mails {mails}")
    return refuse_plan(RuleId.TOO_MANY_MAILS, message, hint)


def _mail_limit(mails: int, policy: Policy, *, merge_first: bool) -> Iterator[Refusal]:
    if mails > policy.mails_per_run:
        message = plural_sentence(
            "refusal",
            "this plan sends {count} mail; the limit is {limit}; nothing was changed",
            "this plan sends {count} mails; the limit is {limit}; nothing was changed",
            mails,
            limit=policy.mails_per_run,
        )
        hint = _APPLY_WITH.with_arguments(option=f"--allow-mails {mails}")
        yield refuse_plan(
            RuleId.TOO_MANY_MAILS, message, MERGE_FIRST if merge_first else hint
        )


def customer_limit(policy: Policy, population: int) -> tuple[int, Sentence]:
    """Return the number of people of one customer whom a run may take something from, and the rule
    behind it.
    """
    if population >= SMALL_CUSTOMER:
        percent = policy.removals_per_customer_percent
        return percent * population // 100, percentage(percent)
    limit = policy.removals_small_customer
    rule = sentence(
        "reason",
        "below {size} people at most {limit}",
        size=SMALL_CUSTOMER,
        limit=limit,
    )
    return limit, rule
