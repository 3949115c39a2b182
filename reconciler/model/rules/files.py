"""The rules on a file as a whole, on its YAML, and across files."""

from __future__ import annotations

from typing import Final

from reconciler.model.choices import SignUp
from reconciler.model.keys import KEY_MAX_LENGTH
from reconciler.model.rules.rule import Rule, RuleId, Where

# Sorted by id; the rules on a provider's own rules come last.
FILES: Final = (
    Rule(
        RuleId.ACKNOWLEDGE,
        "an acknowledged warning is one that there is",
        "Under `validate --strict` a warning fails; one that is known and intended should not. "
        "An id without its warning would hide the next one.",
        "Write the id of the warning into the file that it concerns, or into the customer.yaml "
        "above it: `acknowledge: [foreign-domain]`; delete it when the warning is gone.",
        where=(Where.FILES, Where.PLAN),
    ),
    Rule(
        RuleId.ADDRESS_TWICE,
        "no two contacts have the same e-mail address",
        "The address is the login, so the portal cannot tell two people with one address apart.",
        "Give each person one file with their own address: `email: jane.doe@acme.example`.",
    ),
    Rule(
        RuleId.CANNOT_ORDER,
        "a customer has a contact, a manager, a project manager and a service",
        "Without them the portal refuses the customer's first request.",
        "Add what is missing, such as `project_managers: [lee@provider.example]`; "
        "a customer without a manager needs `manager_optional: true`.",
        where=(Where.FILES, Where.PLAN),
    ),
    Rule(
        RuleId.CUSTOMER_FILE,
        "every customer folder has a customer.yaml",
        "Without it, the customer of these contacts has no name.",
        "Write `customers/KEY/customer.yaml` with at least the line `name: ACME Medical GmbH`.",
    ),
    Rule(
        RuleId.CUSTOMER_NAME_TWICE,
        "no two customers have the same name",
        "People tell customers apart by their names.",
        "Make the names differ: `name: ACME Medical GmbH, Vienna`.",
    ),
    Rule(
        RuleId.DOCUMENT,
        "a file holds keys and values",
        "An empty file or a mere list does not describe a contact or a customer.",
        "Write the keys, such as `name: Jane Doe`, or delete the file.",
    ),
    Rule(
        RuleId.DOMAIN_TWICE,
        "an e-mail domain belongs to one customer",
        "The domain of an address decides at which customer somebody registers.",
        "Keep the domain in the `email_domains` of one customer and delete it from the others.",
    ),
    Rule(
        RuleId.FILE_KIND,
        "a document is a plain file",
        "A link, a device or a submodule could bring in content that nobody reviewed here.",
        "Replace it by a plain file with the same content.",
    ),
    Rule(
        RuleId.FILE_NAME,
        "files and folders are named after keys and end in .yaml",
        "The name is the key, which is the identity of a contact or a customer; "
        "some file systems do not distinguish upper and lower case.",
        f"Use lower-case letters, digits and single hyphens, at most {KEY_MAX_LENGTH}: "
        f"`jane-doe.yaml`.",
    ),
    Rule(
        RuleId.FILE_PLACE,
        "every file is where documents of its kind belong",
        "The path of a file says whether it is a customer, a contact or a farewell, and of "
        "which customer.",
        "Move a contact to `customers/KEY/contacts/KEY.yaml`, a farewell to `removed/KEY.yaml` "
        "beside `contacts/`, and a customer to `customers/KEY/customer.yaml`.",
    ),
    Rule(
        RuleId.FILE_SIZE,
        "a file has at most 1 MiB",
        "A document has a few lines; a file this large is not one.",
        "Remove the excess content, or delete the file.",
    ),
    Rule(
        RuleId.FILE_UNREADABLE,
        "every file can be read",
        "A file that cannot be read must not look like a removed contact.",
        "Repair its permissions: `chmod u+r FILE`.",
    ),
    Rule(
        RuleId.FOREIGN_DOMAIN,
        "a contact's address is in one of the customer's e-mail domains",
        "An address in another domain can be a typing error or an impostor.",
        "Correct the address, or add its domain to the customer: `email_domains: [acme.example]`.",
    ),
    Rule(
        RuleId.FREE_MAIL_DOMAIN,
        "no customer has the domain of a public mail provider",
        "Anybody can get an address there and could register as one of the customer's people.",
        "Delete the domain from `email_domains`.",
    ),
    Rule(
        RuleId.GIT_LFS,
        "a document is text, not a Git LFS pointer",
        "The content was never downloaded, so there is nothing to read.",
        "Run `git lfs pull`, and keep documents out of Git LFS.",
    ),
    Rule(
        RuleId.HEIR_CIRCLE,
        "heirs do not name each other in a circle",
        "The work of people who all leave would reach nobody.",
        "Name a contact who stays: `heir: tom-lang`.",
    ),
    Rule(
        RuleId.MERGE_CONFLICT,
        "a file has no unresolved merge conflict",
        "The file holds both sides of the conflict, and nobody has chosen one.",
        "Keep the right lines, delete the markers `<<<<<<<`, `=======`, `>>>>>>>`, and commit.",
    ),
    Rule(
        RuleId.MISSING_KEY,
        "every required key is there",
        "Without it, nobody knows what the file describes. A contact needs name, email and role, "
        "a customer needs a name, and portal.yaml needs schema_version and owner.",
        "Add the line that the message names, such as `role: requester`.",
    ),
    Rule(
        RuleId.MIXED_SCRIPT,
        "a word is written in one script",
        "A Cyrillic а looks like a Latin a, so a name or an address may not be what it seems.",
        "Type the word instead of pasting it.",
    ),
    Rule(
        RuleId.MORE_PROBLEMS,
        "a file has at most 100 problems",
        "So many problems usually have one cause; the first 100 are shown.",
        "Correct the first ones, then run `reconciler validate` again.",
    ),
    Rule(
        RuleId.OPEN_SIGN_UP,
        "people who register need approval",
        "With open sign-up, everybody who registers gets access.",
        f"Write `sign_up: {SignUp.APPROVAL_REQUIRED}`.",
    ),
    Rule(
        RuleId.PORTAL_FILE,
        "portal.yaml exists",
        "It names the owner of the objects that these files declare.",
        "Write `portal.yaml` with the lines `schema_version: 1` and `owner: acme-translations`.",
    ),
    Rule(
        RuleId.PRESENT_AND_REMOVED,
        "a contact has a file in contacts/ or in removed/, not in both",
        "The two files contradict each other.",
        "Delete `removed/KEY.yaml` if the contact stays, or `contacts/KEY.yaml` if they leave.",
    ),
    Rule(
        RuleId.SECRET,
        "no file contains a password, a key or a token",
        "Everybody who has a copy of the repository can read it, in its history too.",
        "Revoke the secret where it is used, then delete it from the file.",
    ),
    Rule(
        RuleId.SERVICE_NOT_ORDERED,
        "a contact's services are among those of the customer",
        "A contact cannot request what their customer does not order.",
        "Add the service to customer.yaml, `services: [certified, express]`, or delete it here.",
    ),
    Rule(
        RuleId.UNKNOWN_KEY,
        "every key is known",
        "A misspelled key of a field would be ignored, and a farewell or a `previously` with a "
        "misspelled key of a contact would apply to nobody.",
        "Correct the spelling; the message names the nearest key. While such a key may mean a "
        "contact who leaves, that removal waits.",
        where=(Where.FILES, Where.PLAN),
    ),
    Rule(
        RuleId.YAML_ALIAS,
        "a file has no anchors, aliases or merge keys",
        "Each line should say what it means without another line.",
        "Write the value out in each place: `services: [certified]`.",
    ),
    Rule(
        RuleId.YAML_CHARACTER,
        "a file has no control characters and no invisible characters",
        "They make a text look like another one.",
        "Delete the character, or type the word again.",
    ),
    Rule(
        RuleId.YAML_DEPTH,
        "nothing is nested deeper than 32 levels",
        "A document needs at most four levels; more would only cost time and memory.",
        "Delete the excess brackets, braces or hyphens.",
    ),
    Rule(
        RuleId.YAML_DIRECTIVE,
        "a file has no %YAML or %TAG lines",
        "They change the meaning of the lines below.",
        "Delete the line.",
    ),
    Rule(
        RuleId.YAML_EMPTY,
        "every key has a value",
        "A line without a value can be a mistake, or intended to empty the field.",
        "Write `language: null` to empty the field, or delete the line to leave it unmanaged.",
    ),
    Rule(
        RuleId.YAML_ENCODING,
        "a file is encoded in UTF-8",
        "In other encodings the same bytes mean other letters.",
        "Save the file as UTF-8.",
    ),
    Rule(
        RuleId.YAML_KEY,
        "a key is a word",
        "A list or a mapping cannot be the name of a field.",
        "Write a plain word before the colon: `role: requester`.",
    ),
    Rule(
        RuleId.YAML_KEY_TWICE,
        "a key occurs once in a mapping",
        "Many programs silently take the last of the two values.",
        "Keep the line that is right and delete the other.",
    ),
    Rule(
        RuleId.YAML_SEVERAL_DOCUMENTS,
        "a file is one YAML document",
        "Each contact and each customer has a file of their own.",
        "Move what follows `---` to a file of its own.",
    ),
    Rule(
        RuleId.YAML_SIZE,
        "a file has at most 20,000 values, a text 64 KiB, and a number 100 digits",
        "No document comes near these limits; more would only cost time and memory.",
        "Delete the excess content, or put a long number into quotes.",
    ),
    Rule(
        RuleId.YAML_SYNTAX,
        "a file is valid YAML",
        "A file with a syntax error cannot be read at all.",
        "Compare its indentation and quotes with the lines around it; "
        'quote a text that contains a colon: `description: "Note: by post"`.',
    ),
    Rule(
        RuleId.YAML_TAB,
        "a file has no tabs",
        "YAML forbids them in some places, and editors show them with different widths.",
        "Indent with two spaces.",
    ),
    Rule(
        RuleId.YAML_TAG,
        "a file has no tags such as !!str",
        "In some programs a tag runs code.",
        "Delete the tag, and put the value into quotes if it is text.",
    ),
    Rule(
        RuleId.RULE_TOO_SLOW,
        "a rule of your own checks a document within 20 ms",
        "A rule must not be able to hang validate.",
        "Simplify the schema: fewer nested alternatives, shorter patterns.",
    ),
    Rule(
        RuleId.RULE_JSON,
        "a file that `rules:` names holds one JSON value of at most 64 KiB",
        "Equal keys, deep nesting and NaN mean different things to different programs.",
        "Correct the JSON at the place that the message names.",
    ),
    Rule(
        RuleId.RULE_MEMBER,
        "a rule of your own has a title, a unique x-id, and x-applies-to with document kinds",
        "People read the title, and refer to the rule by its id.",
        'Write `"x-id": "own/NAME"`, `"x-applies-to": "contact"` and a `title`.',
    ),
    Rule(
        RuleId.RULE_PATTERN,
        "a pattern is written in RE2's syntax",
        "Other engines can take hours for a short text.",
        "Write the pattern without look-around and without backreferences.",
    ),
    Rule(
        RuleId.RULE_REFERENCE,
        "a reference leads to a schema in the same file, and not in a circle",
        "References are not fetched, and a circle at the same value never ends.",
        "Copy the schema into `$defs`, and lead circles through `properties` or `items`.",
    ),
    Rule(
        RuleId.RULE_SCHEMA,
        "a rule of your own is a JSON Schema 2020-12 without $dynamicRef",
        "A misspelt keyword would be silently ignored.",
        "Correct the keyword or its value.",
    ),
)
