"""The rules on fields of `customer.yaml` and of contact files: the valid values, and why."""

from __future__ import annotations

from typing import Final

from reconciler.model.choices import PortalEdits, Reason
from reconciler.model.keys import KEY_MAX_LENGTH
from reconciler.model.roles import Capability, Role, capabilities
from reconciler.model.rules.rule import Rule, RuleId, alternatives

_COPY: Final = (
    "Copy the whole line that `reconciler plan` shows: "
    '`registration: {id: reg-7f3c, fingerprint: "sha256:9c1a…"}`, all 64 digits included.'
)


def _abilities(role: Role) -> str:
    # In the order of the enumeration: the order of a frozenset changes with each run.
    abilities = [ability for ability in Capability if ability in capabilities(role)]
    return f"{role}: {', '.join(abilities)}"


# Sorted by id.
PEOPLE: Final = (
    Rule(
        RuleId.DESCRIPTION,
        "a description is a text of at most 2,000 characters",
        "It is a note for people: at a customer for your colleagues, at a service for customers.",
        'Write `description: "Note: invoices by post"`; a text with `: ` in it needs quotes.',
    ),
    Rule(
        RuleId.EMAIL,
        "email is an address that mail can be sent to, written as name@domain",
        "It is the contact's login, and the activation link goes there.",
        "Write `email: jane.doe@acme.example`, without a display name and without brackets.",
    ),
    Rule(
        RuleId.EMAIL_DOMAINS,
        "email_domains is a list of at most 100 domains, without the @",
        "They are the domains of the customer's addresses; other addresses get a warning.",
        "Write `email_domains: [acme.example]`.",
    ),
    Rule(
        RuleId.FINGERPRINT,
        "a fingerprint is `sha256:` and 64 hexadecimal digits",
        "It proves that the registration is unchanged since the review.",
        _COPY,
    ),
    Rule(
        RuleId.HEIR,
        "an heir is the key of a requester or a manager of the same customer who stays",
        "Open requests need an owner who can act on them when somebody leaves.",
        "Write `heir: tom-lang`, the name of a file in the customer's `contacts/` without `.yaml`.",
    ),
    Rule(
        RuleId.ID,
        "the id of a registration is `reg-` and lower-case letters, digits or hyphens",
        "The id names the one registration that the file approves.",
        _COPY,
    ),
    Rule(
        RuleId.KEEP,
        "keep is true or false",
        "With true, the reconciler stops managing the contact and they keep their access.",
        "Write `keep: true`, or delete the line to end the contact's access.",
    ),
    Rule(
        RuleId.LANGUAGE,
        "language is a language tag; in `policy` it is one that plans are translated into",
        "The contact's mails and pages are in this language; "
        "the one in `policy` is for the comments on a pull request.",
        # `no` without quotes is meant: YAML 1.1 reads it as false, our reader as Norwegian.
        "Write `language: de`, `language: pt-BR` or `language: no`.",
    ),
    Rule(
        RuleId.LEAVES,
        "leaves holds the first day without access and a reason",
        "The contact is removed and their work handed over by the first run on that day.",
        "Write `leaves: {on: 2027-03-31, reason: left}`; if they stay, delete the line.",
    ),
    Rule(
        RuleId.MANAGER_OPTIONAL,
        "manager_optional is true or false",
        "With true, the customer may lose its last manager.",
        "Write `manager_optional: true` if nobody at the customer needs to manage the team.",
    ),
    Rule(
        RuleId.NAME,
        "a name has 1 to 200 visible characters and no space at either end",
        "People identify others by their names, so a name must be what it looks like.",
        "Write `name: Jane Doe`, in any script.",
    ),
    Rule(
        RuleId.ON,
        "on is a day of the calendar, written as year-month-day",
        "It is the first day on which the contact has no access.",
        "Write `leaves: {on: 2027-03-31, reason: left}`.",
    ),
    Rule(
        RuleId.PORTAL_EDITS,
        f"portal_edits is {alternatives(PortalEdits)}",
        "A value can be changed in the portal too. "
        f"{PortalEdits.PROPOSE}: the portal's value stays until a file sets another. "
        f"{PortalEdits.REVERT}: the value in the file is set again.",
        f"Write `portal_edits: {PortalEdits.PROPOSE}`.",
    ),
    Rule(
        RuleId.PREVIOUSLY,
        "previously lists former keys, each used by nobody today and named in one file only",
        "It keeps access, work and history when a contact or customer is renamed.",
        "Write the old name of the file or folder: `previously: [jane-miller]`.",
    ),
    Rule(
        RuleId.PROJECT_MANAGERS,
        "project_managers is a list of at most 100 e-mail addresses",
        "These project managers take the customer's requests; without one it cannot order.",
        "Write `project_managers: [lee@provider.example]`.",
    ),
    Rule(
        RuleId.PROTECT,
        "protect is true or false",
        "A protected contact or customer keeps access and rights, whatever else the files contain.",
        "Write `protect: true`; to lift it, write `protect: false` and apply that first.",
    ),
    Rule(
        RuleId.REASON,
        f"a reason is {alternatives(Reason)}",
        "The portal's history shows why somebody lost access.",
        f"Write `reason: {Reason.LEFT}`.",
    ),
    Rule(
        RuleId.REGISTRATION,
        "registration names a pending registration, or is `none`",
        "A file in `contacts/` approves the registration, and a file in `removed/` rejects it.",
        "In `contacts/`, copy the line that `reconciler plan` shows, or write `registration: none` "
        "to reject the pending one; in `removed/`, write `registration: reg-7f3c`.",
    ),
    Rule(
        RuleId.RELEASE,
        "release is true or false",
        "With true, the reconciler stops managing the customer and its contacts as they are.",
        "Write `release: true`, or delete the line to keep managing the customer.",
    ),
    Rule(
        RuleId.ROLE,
        f"a role is {alternatives(Role)}",
        f"The role decides what a contact may do. {'; '.join(map(_abilities, Role))}.",
        f"Write `role: {Role.REQUESTER}`.",
    ),
    Rule(
        RuleId.SERVICES,
        "services is `all` or a list of services that portal.yaml declares",
        "A customer orders only the services in its list, and a contact those in their own.",
        "Write `services: [certified, express]`, `services: all`, or `services: []` for none. "
        "In portal.yaml, write the key and its fields: `services: {certified: {name: Certified}}`. "
        f"A key has lower-case letters, digits and single hyphens, at most {KEY_MAX_LENGTH} "
        f"characters.",
    ),
)
