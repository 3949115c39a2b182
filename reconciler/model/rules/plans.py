"""The rules of a plan's refusals and warnings."""

from __future__ import annotations

from typing import Final

from reconciler.model.rules.rule import Rule, RuleId, Where


def _rule(rule: RuleId, sentence: str, reason: str, remedy: str) -> Rule:
    return Rule(rule, sentence, reason, remedy, where=(Where.PLAN,))


# Sorted by id.
PLANS: Final = (
    _rule(
        RuleId.ADDRESS_TAKEN,
        "an e-mail address belongs to one living contact in the whole portal",
        "Two people cannot log in with the same address.",
        "Remove the contact that has it in the same pull request, or use another address.",
    ),
    _rule(
        RuleId.CONFLICT,
        "a value was changed in the files or in the portal, not in both",
        "Only a person can decide which of the two changes is right.",
        "Ask the person who changed the portal, then write the right value into the file.",
    ),
    _rule(
        RuleId.FINISHED_FILE,
        "farewells and dated files that have done their work are deleted",
        "They have no effect any more, and hide those that have.",
        "Delete the files that the note names. A farewell stays as long as another file names its "
        "contact as `heir`.",
    ),
    _rule(
        RuleId.HEIR_INVITED,
        "an heir has activated their access",
        "They cannot see the received work until then.",
        "Ask them to open the link in their activation mail, or name another heir: `heir: "
        "tom-lang`.",
    ),
    _rule(
        RuleId.LAST_MANAGER,
        "a customer that has a manager keeps one",
        "Without a manager, nobody at the customer can manage the team.",
        "Write `role: manager` for another contact first. If the customer needs no manager, "
        "write `manager_optional: true` into its customer.yaml.",
    ),
    _rule(
        RuleId.LEAVES_DATE,
        "a last day is today or later when it is written, and within five years",
        "Another year is usually a typing error: with a past day a new contact is never added and "
        "an existing one is removed at once; with a far one nobody leaves.",
        "Check the year: `leaves: {on: 2027-03-31, reason: left}`.",
    ),
    _rule(
        RuleId.LEAVES_SOON,
        "nobody leaves within the next 14 days",
        "On that day the contact loses access and their open work changes hands.",
        "Check that somebody receives the work: `heir: tom-lang`.",
    ),
    _rule(
        RuleId.LINK_EXPIRED,
        "an invited contact's activation link works",
        "The link was not opened in time, so the contact cannot log in.",
        "Send the activation mail again from the portal's page of the contact, or remove the "
        "contact's file.",
    ),
    _rule(
        RuleId.LOOSENED,
        "a safeguard is not loosened and used in the same run",
        "Otherwise one pull request could lift a limit and exceed it. "
        "A loosened safeguard takes effect in the next run.",
        "Merge and apply the change of the safeguard first, such as `protect: false` or "
        "`manager_optional: true`; then the rest.",
    ),
    _rule(
        RuleId.MANAGER_CANNOT_LOG_IN,
        "a customer that has managers has one who can log in, or whose activation link works",
        "The activation links of all its managers have expired, so nobody can manage the team.",
        "Send the activation mail again from the portal's page of the manager, or write "
        "`role: manager` for another contact.",
    ),
    _rule(
        RuleId.NAME_TAKEN,
        "a customer's name is not the name of another customer in the portal",
        "People identify customers by their names.",
        "Rename the other customer in an earlier run, or use another name.",
    ),
    _rule(
        RuleId.NO_HEIR,
        "somebody receives the open work of a contact who leaves",
        "Each open request has an owner who can act on it at any time.",
        "Write `heir: tom-lang` into the farewell, the contact's file or customer.yaml.",
    ),
    _rule(
        RuleId.NOBODY_LEFT,
        "a customer keeps at least one active or invited person",
        "Without contacts, a customer can neither follow its requests nor invite others.",
        "Keep one contact, or delete the whole folder to archive the customer.",
    ),
    _rule(
        RuleId.NOT_REVIEWED,
        "every change and every loss of rights is in a reviewed plan",
        "The portal changed after the review, or the run covers more than was reviewed.",
        "Run `reconciler plan --out plan.json` and have the plan reviewed again. "
        "Then run `reconciler apply --reviewed plan.json`.",
    ),
    _rule(
        RuleId.OLDER_COMMIT,
        "a customer is not applied from an older commit than the last time",
        "An old job that runs again would undo what was applied after it. "
        "A history that was rewritten, squashed or filtered looks the same.",
        "Check out the whole history (`fetch-depth: 0`). If the history was rewritten, or to go "
        "back intentionally, run `reconciler apply --allow-rollback=c0ffee7` once, with the "
        "commit that the message names.",
    ),
    _rule(
        RuleId.ONE_PERSON_OR_TWO,
        "a removed file and a new file are clearly one person or clearly two",
        "The two share a name or an address. "
        "With a shared mailbox, the account of a leaver would go to their successor.",
        "For one person, write `previously: [jane-miller]` into the new file. "
        "For two, write the farewell `removed/jane-miller.yaml`.",
    ),
    _rule(
        RuleId.ONLY_INVITED_MANAGERS,
        "a customer has a manager who has activated their access",
        "Until one does, nobody at the customer can manage the team.",
        "Ask one of the managers to open the link in their activation mail.",
    ),
    _rule(
        RuleId.OPEN_REQUESTS,
        "a customer is archived only without open requests",
        "Archiving ends its people's access to the requests.",
        "Deliver or cancel the requests in the portal first.",
    ),
    _rule(
        RuleId.OTHER_OWNER,
        "the files name no object that another repository manages",
        "Two repositories would undo each other's changes again and again.",
        "Keep it in the other repository, and delete it from these files.",
    ),
    _rule(
        RuleId.OTHER_PORTAL,
        "the files are applied to the portal that portal.yaml names",
        "Files for a test portal must not reach the real one by accident, or vice versa.",
        "Check the URL in RECONCILER_PORTAL_URL, or correct `portal:` in portal.yaml.",
    ),
    _rule(
        RuleId.PROTECTED,
        "protected contacts and customers keep their access and their rights",
        "Somebody decided that removing them needs two steps.",
        "Write `protect: false`, then merge and apply that first.",
    ),
    _rule(
        RuleId.REGISTRATION_CHANGED,
        "a registration is unchanged since its review",
        "Only the reviewed registration gets access.",
        "Read the registration in the portal, then copy the `registration:` line that "
        "`reconciler plan` shows, or delete the file.",
    ),
    _rule(
        RuleId.REGISTRATION_PENDING,
        "a contact with a pending registration is approved, not created separately",
        "The person would have two accounts.",
        "Copy the `registration:` line that `reconciler plan` shows into the file, "
        "or write `registration: none` to reject the registration and create the contact.",
    ),
    _rule(
        RuleId.SAME_CUSTOMER,
        "a removed folder and a new folder are clearly one customer or clearly two",
        "If it is one, all its people would lose access and be invited again.",
        "One customer: write `previously: [acme]` into the new customer.yaml. "
        "Two: delete the old folder in a separate pull request, and apply that first.",
    ),
    _rule(
        RuleId.SERVICE_IN_USE,
        "a service is removed only when nobody uses it",
        "Customers, contacts or open requests still refer to it.",
        "Keep it in portal.yaml until no `services` line of a customer or contact lists it "
        "and its requests are delivered or cancelled.",
    ),
    _rule(
        RuleId.SERVICE_UNKNOWN,
        "a service that a file names exists in the portal",
        "When portal.yaml declares no services, only the portal knows the services.",
        "Correct the key, or declare the service in portal.yaml: "
        "`services: {certified: {name: Certified translation}}`.",
    ),
    _rule(
        RuleId.TOO_MANY_MAILS,
        "a run sends at most as many mails as `mails_per_run` allows",
        "A mistake should not reach everybody's mailbox.",
        "Apply fewer changes at a time, or run `reconciler apply --allow-mails` "
        "with the exact number from the message.",
    ),
    _rule(
        RuleId.TOO_MANY_REMOVALS,
        "a run takes access or rights from at most as many people as `removals` allows",
        "A mistake should not lock out a company.",
        "Apply fewer changes at a time, or run `reconciler apply --allow-removals` "
        "with the exact number from the message.",
    ),
    _rule(
        RuleId.TREE_EMPTY,
        "an empty tree removes nobody",
        "An incomplete checkout looks the same as the removal of everybody.",
        "Check out the whole repository, `customers/` included.",
    ),
    _rule(
        RuleId.WAITS_FOR_CUSTOMER,
        "a service is closed, narrowed or removed after the customers that depend on it",
        "One of these customers is held back, and its people would lose the service unannounced.",
        "Resolve what holds the customer back, then run `reconciler apply` again.",
    ),
    _rule(
        RuleId.WAITS_FOR_SERVICE,
        "a needed service exists, and a removed service is no longer used",
        "A needed service does not exist yet, or a removed one is still used.",
        "Resolve what holds back the change of the service, or the customers that still use it.",
    ),
)
