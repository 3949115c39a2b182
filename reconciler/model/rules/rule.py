"""A rule: the id that problems, refusals and warnings carry, and the texts that explain it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """The subject of a rule: the files (`validate`), or the files against the portal (`plan`)."""

    FILES = "files"
    PLAN = "plan"


class RuleId(StrEnum):
    """Every rule of ours. A field's rule is named after the field, with hyphens."""

    ACKNOWLEDGE = "acknowledge"
    ADDRESS_TAKEN = "address-taken"
    ADDRESS_TWICE = "address-twice"
    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    AVAILABLE_TO_ALL = "available-to-all"
    BRANDING = "branding"
    CANNOT_ORDER = "cannot-order"
    CONFLICT = "conflict"
    CURRENCY = "currency"
    CUSTOMER_FILE = "customer-file"
    CUSTOMER_NAME_TWICE = "customer-name-twice"
    DESCRIPTION = "description"
    DOCUMENT = "document"
    DOMAIN_TWICE = "domain-twice"
    EMAIL = "email"
    EMAIL_DOMAINS = "email-domains"
    EXPIRE_AFTER_DAYS = "expire-after-days"
    FILE_KIND = "file-kind"
    FILE_NAME = "file-name"
    FILE_PLACE = "file-place"
    FILE_SIZE = "file-size"
    FILE_UNREADABLE = "file-unreadable"
    FINISHED_FILE = "finished-file"
    FINGERPRINT = "fingerprint"
    FOREIGN_DOMAIN = "foreign-domain"
    FREE_MAIL_DOMAIN = "free-mail-domain"
    GIT_LFS = "git-lfs"
    HEIR = "heir"
    HEIR_CIRCLE = "heir-circle"
    HEIR_INVITED = "heir-invited"
    ID = "id"
    KEEP = "keep"
    LANGUAGE = "language"
    LANGUAGES = "languages"
    LAST_MANAGER = "last-manager"
    LEAVES = "leaves"
    LEAVES_DATE = "leaves-date"
    LEAVES_SOON = "leaves-soon"
    LINK_EXPIRED = "link-expired"
    LOGO = "logo"
    LOOSENED = "loosened"
    MAILS_PER_RUN = "mails-per-run"
    MANAGER_CANNOT_LOG_IN = "manager-cannot-log-in"
    MANAGER_OPTIONAL = "manager-optional"
    MERGE_CONFLICT = "merge-conflict"
    MISSING_KEY = "missing-key"
    MIXED_SCRIPT = "mixed-script"
    MORE_PROBLEMS = "more-problems"
    NAME = "name"
    NAME_TAKEN = "name-taken"
    NO_HEIR = "no-heir"
    NOBODY_LEFT = "nobody-left"
    NOT_REVIEWED = "not-reviewed"
    OFFERS = "offers"
    OLDER_COMMIT = "older-commit"
    ON = "on"
    ONE_PERSON_OR_TWO = "one-person-or-two"
    ONLY_INVITED_MANAGERS = "only-invited-managers"
    OPEN_REQUESTS = "open-requests"
    OPEN_SIGN_UP = "open-sign-up"
    OTHER_OWNER = "other-owner"
    OTHER_PORTAL = "other-portal"
    OWNER = "owner"
    PER_CUSTOMER_PERCENT = "per-customer-percent"
    PER_WORD = "per-word"
    PERCENT = "percent"
    POLICY = "policy"
    PORTAL = "portal"
    PORTAL_EDITS = "portal-edits"
    PORTAL_FILE = "portal-file"
    PRESENT_AND_REMOVED = "present-and-removed"
    PREVIOUSLY = "previously"
    PRICE = "price"
    PRIMARY_COLOR = "primary-color"
    PROJECT_MANAGERS = "project-managers"
    PROTECT = "protect"
    PROTECTED = "protected"
    REASON = "reason"
    REGISTRATION = "registration"
    REGISTRATION_CHANGED = "registration-changed"
    REGISTRATION_PENDING = "registration-pending"
    RELEASE = "release"
    REMOVALS = "removals"
    ROLE = "role"
    RULE_JSON = "rule-json"
    RULE_MEMBER = "rule-member"
    RULE_PATTERN = "rule-pattern"
    RULE_REFERENCE = "rule-reference"
    RULE_SCHEMA = "rule-schema"
    RULE_TOO_SLOW = "own/too-slow"
    RULES = "rules"
    SAME_CUSTOMER = "same-customer"
    SCHEMA_VERSION = "schema-version"
    SECRET = "secret"  # noqa: S105  a rule about secrets
    SERVICE_IN_USE = "service-in-use"
    SERVICE_NOT_ORDERED = "service-not-ordered"
    SERVICE_UNKNOWN = "service-unknown"
    SERVICES = "services"
    SIGN_UP = "sign-up"
    SMALL_CUSTOMER = "small-customer"
    SOURCE = "source"
    TARGET = "target"
    TEMPLATE = "template"
    TIME_ZONE = "time-zone"
    TOO_MANY_MAILS = "too-many-mails"
    TOO_MANY_REMOVALS = "too-many-removals"
    TREE_EMPTY = "tree-empty"
    UNKNOWN_KEY = "unknown-key"
    UNREVIEWED = "unreviewed"
    WAITS_FOR_CUSTOMER = "waits-for-customer"
    WAITS_FOR_SERVICE = "waits-for-service"
    WORKFLOWS = "workflows"
    YAML_ALIAS = "yaml-alias"
    YAML_CHARACTER = "yaml-character"
    YAML_DEPTH = "yaml-depth"
    YAML_DIRECTIVE = "yaml-directive"
    YAML_EMPTY = "yaml-empty"
    YAML_ENCODING = "yaml-encoding"
    YAML_KEY = "yaml-key"
    YAML_KEY_TWICE = "yaml-key-twice"
    YAML_SEVERAL_DOCUMENTS = "yaml-several-documents"
    YAML_SIZE = "yaml-size"
    YAML_SYNTAX = "yaml-syntax"
    YAML_TAB = "yaml-tab"
    YAML_TAG = "yaml-tag"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, explained.

    `sentence`: the condition. `reason`: why the rule exists. `remedy`: what to do, with the YAML
    line or the command to write.
    """

    id: RuleId
    sentence: str
    reason: str
    remedy: str
    where: tuple[Where, ...] = (Where.FILES,)


def alternatives(words: Iterable[str]) -> str:
    """Return the words as a choice: `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
