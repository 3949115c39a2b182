"""Every rule of `validate`, as `reconciler explain` tells it."""

from __future__ import annotations

from typing import Final

from reconciler.model.rules import Rule

_ROWS: Final = (
    ("address-twice", "an address is one person's login in the whole portal",
     "The portal finds a person by her address when she logs in.", "Give each person one file with one address."),
    ("cannot-order", "a customer has a contact, a manager, a project manager and a service",
     "Without them the portal refuses its first request, and nobody tells you.", "Add what is missing, or write `manager_optional: true`."),
    ("customer-file", "beside every contact stands its customer's file",
     "A folder without `customer.yaml` is a customer without a name.", "Write `customers/KEY/customer.yaml` with at least `name: …`."),
    ("customer-name-twice", "a customer's name is unique", "People tell customers apart by name.", "Make the names differ."),
    ("document", "a file holds keys and values", "An empty file would say that a person has no name.", "Fill it, or delete it."),
    ("domain-twice", "an e-mail domain belongs to one customer",
     "It decides whose sign-ups are whose.", "Keep it at one customer."),
    ("file-name", "files and folders are named after keys and end in .yaml",
     "The name is the identity; some systems take upper and lower case for the same.", "Use small letters, digits and single hyphens."),
    ("file-place", "every file has a place that says what it is",
     "A contact in the wrong folder would be read as nobody.", "Move it to `customers/KEY/contacts/KEY.yaml`."),
    ("file-size", "a file has at most 1 MiB", "No document comes near it.", "Look at what is in the file."),
    ("file-kind", "a document is a plain file", "Links and devices could lead out of the repository.", "Put a real file in its place."),
    ("file-unreadable", "every file can be read", "One unreadable file would look like a person who is gone.", "Repair its permissions."),
    ("foreign-domain", "a contact's address is at one of her customer's domains",
     "An address elsewhere is often a typing error, sometimes an attack.", "Compare it, or add the domain to `email_domains`."),
    ("free-mail-domain", "no customer owns a free-mail domain",
     "Anyone there could sign up as this customer.", "Delete the domain."),
    ("git-lfs", "a document is text, not a pointer", "Git LFS was not asked for the content.", "Run `git lfs pull`."),
    ("heir", "whoever shall receive work is there and may hold it",
     "Work must always have a living owner who can act on it.", "Name a requester or a manager of the same customer."),
    ("heir-circle", "heirs do not go in a circle", "Nobody would receive the work.", "Name somebody who stays."),
    ("merge-conflict", "no merge conflict is left", "Half of each side is nobody's decision.", "Resolve the conflict and commit."),
    ("more-problems", "a file has at most 100 findings", "Nobody reads more; they come from one slip as a rule.",
     "Repair the first ones and validate again."),
    ("missing-key", "what is required is there", "A contact needs a name, an address and a role.", "Add the line."),
    ("mixed-script", "a word is written in one script", "A Cyrillic а looks like a Latin a.", "Type the word anew."),
    ("open-sign-up", "people who sign up are approved", "With open sign-up anybody gets access.", "Write `sign_up: approval_required`."),
    ("portal-file", "there is a portal.yaml", "It says who owns what these files declare.",
     "Write at least `schema_version: 1` and `owner: YOUR-KEY`."),
    ("present-and-removed", "a person is present or has a farewell, not both", "One of the two would be ignored.", "Delete one of the files."),
    ("previously", "a former key is nobody's key today and one person's only", "A rename must lead to one person.", "Delete the name at one of them."),
    ("own/too-slow", "a rule of the provider judges a document within 20 ms", "A rule must not be able to hang validate.",
     "Make the schema smaller: fewer alternatives inside alternatives, shorter patterns."),
    ("rule-json", "a file that rules: names holds one JSON value of at most 64 KiB", "Equal keys, deep nesting and NaN mean different things to different programs.",
     "Correct the JSON at the place that is named."),
    ("rule-member", "a rule has a title, an x-id of its own, and says by x-applies-to what it judges", "People read the title, and the id is how they refer to the rule.",
     'Write `"x-id": "own/NAME"`, `"x-applies-to": "contact"` and a `title`.'),
    ("rule-pattern", "a pattern is written in RE2's syntax", "Other engines can take hours for a short text.", "Write the pattern without look-around and backreferences."),
    ("rule-reference", "a reference leads to a schema in the same file, and not in a circle", "Nothing is fetched, and a circle at the same value never ends.",
     "Copy the schema into `$defs`, and let circles pass through `properties` or `items`."),
    ("rule-schema", "a rule is a JSON Schema 2020-12 without $dynamicRef", "A misspelt keyword would be silently ignored.", "Correct the keyword or its value."),
    ("secret", "no secret stands in a file", "A repository keeps it for ever, in every copy.", "Revoke it, and take it out."),
    ("service-not-ordered", "a contact's services are among her customer's", "She could never request it.", "Add it to the customer, or take it out."),
    ("unknown-key", "a file holds only keys that mean something", "A misspelt key would be silently ignored.", "Correct the spelling."),
    ("yaml-alias", "no anchors, aliases or merge keys", "What a line says should stand in the line.", "Write the value out."),
    ("yaml-character", "no control, direction or other invisible characters", "They make a text look like another.", "Remove the character."),
    ("yaml-depth", "nothing is nested deeper than 32 levels", "No document needs more than four.", "Look at what is in the file."),
    ("yaml-directive", "no %YAML or %TAG lines", "They change the meaning of what follows.", "Delete the line."),
    ("yaml-empty", "a key has a value", "An empty value could be a slip or a wish.", "Write `null` to empty the field, or delete the line."),
    ("yaml-encoding", "a file is UTF-8", "Anything else shows other letters elsewhere.", "Save it as UTF-8."),
    ("yaml-key", "a key is a word", "Lists and mappings cannot be keys here.", "Write a plain word before the colon."),
    ("yaml-key-twice", "a key stands once in a mapping", "Other programs silently take the last.", "Keep one of the lines."),
    ("yaml-several-documents", "a file is one document", "A customer is a folder, a contact is a file.", "Split the file."),
    ("yaml-size", "no text is longer than 64 KiB, and no file has more than 20,000 values", "No document comes near it.", "Look at what is in the file."),
    ("yaml-syntax", "a file is YAML", "It cannot be read otherwise.", "Compare indentation and quotes with the lines around."),
    ("yaml-tab", "no tabs, neither to indent nor between words", "Tabs are as wide as every editor likes.", "Use two spaces."),
    ("yaml-tag", "no tags such as !!str", "They run code in some programs.", "Delete the tag."),
)  # fmt: skip

_FIELDS: Final = (
    "available-to-all", "branding", "currency", "description", "email", "email-domains", "expire-after-days",
    "fingerprint", "id", "keep", "language", "languages", "leaves", "logo", "mails-per-run", "manager-optional", "name",
    "offers", "on", "owner", "per-customer-percent", "per-word", "percent", "policy", "portal", "portal-edits", "price",
    "primary-color", "project-managers", "protect", "reason", "registration", "release", "removals", "role", "rules",
    "schema-version", "services", "sign-up", "small-customer", "source", "target", "template", "time-zone",
    "unreviewed", "workflows", "at-least", "at-most",
)  # fmt: skip

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        [Rule(row[0], "files", row[1], row[2], row[3]) for row in _ROWS]
        + [
            Rule(field, "files", f"the value of {field.replace('-', '_')} is one that the schema allows",
                 "A value that the portal would refuse is better found here.",
                 "Read the description that your editor shows, or the schema in schemas/.")
            for field in _FIELDS
        ],
        key=lambda rule: rule.id,
    )
)  # fmt: skip
"""Sorted by id. A value's rule is named after its field, with hyphens."""
