"""The rules on fields of `portal.yaml`: the valid values, and why."""

from __future__ import annotations

from typing import Final

from reconciler.model.choices import SignUp, Unreviewed, Workflow
from reconciler.model.desired import Policy
from reconciler.model.rules.rule import Rule, RuleId, alternatives

# The texts quote the defaults from here, so that an explanation cannot contradict a run.
_DEFAULT: Final = Policy()
_REMOVALS: Final = (
    f"{{percent: {_DEFAULT.removals_percent}, at_least: {_DEFAULT.removals_at_least}, "
    f"at_most: {_DEFAULT.removals_at_most}}}"
)
_PER_CUSTOMER: Final = (
    f"{{per_customer_percent: {_DEFAULT.removals_per_customer_percent}, "
    f"small_customer: {_DEFAULT.removals_small_customer}}}"
)
_COUNT: Final = "a whole number from 0 to 1,000,000"

# Sorted by id.
SETTINGS: Final = (
    Rule(
        RuleId.AT_LEAST,
        f"at_least is {_COUNT}",
        "A run may always take access or rights from this many people, however few there are.",
        f"In `policy`, write `removals: {{at_least: {_DEFAULT.removals_at_least}}}`.",
    ),
    Rule(
        RuleId.AT_MOST,
        f"at_most is {_COUNT}",
        "A run never takes access or rights from more people than this, however many there are.",
        f"In `policy`, write `removals: {{at_most: {_DEFAULT.removals_at_most}}}`.",
    ),
    Rule(
        RuleId.AVAILABLE_TO_ALL,
        "available_to_all is true or false",
        "With true, every customer may order the service, whether or not its file lists it.",
        "Write `available_to_all: false`.",
    ),
    Rule(
        RuleId.BRANDING,
        "branding is a mapping with primary_color and logo",
        "It sets the look of the portal's pages.",
        'Write `branding: {primary_color: "#0b5fff", logo: null}`.',
    ),
    Rule(
        RuleId.CURRENCY,
        "a currency is three capital letters",
        "Quotes show the price in this currency.",
        'Write `price: {currency: EUR, per_word: "0.19"}`.',
    ),
    Rule(
        RuleId.EXPIRE_AFTER_DAYS,
        "expire_after_days is a whole number from 1 to 365",
        "A quote that nobody accepts expires after this many days.",
        "Write `offers: {expire_after_days: 30}`.",
    ),
    Rule(
        RuleId.LANGUAGES,
        "languages is a mapping with the lists source and target",
        "A request may use these languages only.",
        "Write `languages: {source: [en, de], target: [fr, no]}`.",
    ),
    Rule(
        RuleId.LOGO,
        "a logo is a web address that begins with https://, or null",
        "Browsers refuse a picture from an unencrypted address on an encrypted page.",
        "Write `branding: {logo: https://provider.example/logo.svg}`.",
    ),
    Rule(
        RuleId.MAILS_PER_RUN,
        f"mails_per_run is {_COUNT}",
        "A run that would send more mails is refused, so that a mistake does not reach everybody.",
        f"In `policy`, write `mails_per_run: {_DEFAULT.mails_per_run}`.",
    ),
    Rule(
        RuleId.OFFERS,
        "offers is a mapping with expire_after_days",
        "It sets the terms of every quote.",
        "Write `offers: {expire_after_days: 30}`.",
    ),
    Rule(
        RuleId.OWNER,
        "owner is a key: lower-case letters, digits and single hyphens",
        "The reconciler changes only objects with this owner in the portal.",
        "Write `owner: acme-translations`, and keep it: another owner manages other customers.",
    ),
    Rule(
        RuleId.PER_CUSTOMER_PERCENT,
        "per_customer_percent is a whole number from 0 to 100",
        "If more of the people of one customer would lose access or rights, that customer is held "
        "back. It counts from 10 people up; below that, small_customer does.",
        f"In `policy`, write `removals: {_PER_CUSTOMER}`.",
    ),
    Rule(
        RuleId.PER_WORD,
        "per_word is a price in quotes, with at most four decimals",
        "Without quotes, 0.10 and 0.1 could be read as the same number.",
        'Write `price: {currency: EUR, per_word: "0.19"}`.',
    ),
    Rule(
        RuleId.PERCENT,
        "percent is a whole number from 0 to 100",
        "A run that would take access or rights from a larger share of all people is refused.",
        f"In `policy`, write `removals: {_REMOVALS}`.",
    ),
    Rule(
        RuleId.POLICY,
        "policy is a mapping of the settings of the reconciler itself",
        "It sets the limits of a run.",
        f"Write `policy: {{mails_per_run: {_DEFAULT.mails_per_run}, removals: {_REMOVALS}}}`.",
    ),
    Rule(
        RuleId.PORTAL,
        "portal is the id of a portal, or null",
        "With an id, these files cannot be applied to another portal by accident.",
        "Write `portal: null`, or the id that `reconciler plan --format json` shows as `portal`.",
    ),
    Rule(
        RuleId.PRICE,
        "price is a mapping with currency and per_word, or null",
        "A service without a price is quoted by a project manager.",
        'Write `price: {currency: EUR, per_word: "0.19"}` or `price: null`.',
    ),
    Rule(
        RuleId.PRIMARY_COLOR,
        "primary_color is # and six hexadecimal digits, in quotes, or null",
        "Without quotes, YAML reads everything after # as a comment.",
        'Write `branding: {primary_color: "#0b5fff"}`.',
    ),
    Rule(
        RuleId.REMOVALS,
        "removals is a mapping of limits on how many people may lose access or rights in one run",
        "A mistake should not lock out a company.",
        f"In `policy`, write `removals: {_REMOVALS}`.",
    ),
    Rule(
        RuleId.RULES,
        "rules is a list of paths or globs that lead to files of this repository",
        "Each file is a JSON Schema that your documents must keep besides the built-in rules.",
        "Write `rules: [policy/contact.schema.json]`.",
    ),
    Rule(
        RuleId.SCHEMA_VERSION,
        "schema_version is 1",
        "It is the version of the files' format.",
        "Write `schema_version: 1`.",
    ),
    Rule(
        RuleId.SIGN_UP,
        f"sign_up is {alternatives(SignUp)}",
        f"It decides who gets access. {SignUp.CLOSED}: nobody can register. "
        f"{SignUp.APPROVAL_REQUIRED}: a file approves each registration. "
        f"{SignUp.OPEN}: everybody who registers gets access.",
        f"Write `sign_up: {SignUp.APPROVAL_REQUIRED}`.",
    ),
    Rule(
        RuleId.SMALL_CUSTOMER,
        f"small_customer is {_COUNT}",
        "A customer with fewer than 10 people is held back if more of them would lose access or "
        "rights; per_customer_percent is for the larger ones.",
        f"In `policy`, write `removals: {_PER_CUSTOMER}`.",
    ),
    Rule(
        RuleId.SOURCE,
        "source is a list of at most 100 language tags",
        "The files of a request may be in these languages.",
        "Write `languages: {source: [en, de]}`.",
    ),
    Rule(
        RuleId.TARGET,
        "target is a list of at most 100 language tags",
        "A request may ask for translations into these languages.",
        "Write `languages: {target: [fr, no]}`.",
    ),
    Rule(
        RuleId.TEMPLATE,
        "a template is a text of 1 to 200 visible characters, or null",
        "It is the name of the project template in your translation management system.",
        "Write `template: tpl-certified`.",
    ),
    Rule(
        RuleId.TIME_ZONE,
        "time_zone is a name from the IANA time zone database",
        "A day in `leaves` begins at midnight in this time zone.",
        "Write `time_zone: Europe/Berlin`; the default is UTC.",
    ),
    Rule(
        RuleId.UNREVIEWED,
        f"unreviewed is {alternatives(Unreviewed)}",
        "It is for a merge whose plan nobody reviewed. "
        f"{Unreviewed.APPLY}: it is applied within the limits. "
        f"{Unreviewed.HOLD}: it waits until it is applied with --reviewed.",
        f"In `policy`, write `unreviewed: {Unreviewed.HOLD}`.",
    ),
    Rule(
        RuleId.WORKFLOWS,
        f"workflows is a list of at least one of {', '.join(Workflow)}",
        "Each is a way from a request to a quote or a project.",
        f"Write `workflows: [{Workflow.PM_QUOTE_MANUAL}, {Workflow.AUTOMATIC_QUOTE}]`.",
    ),
)
