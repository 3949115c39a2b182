"""The field catalogue: one row for each field of settings, services, customers and contacts.

`fields` answers questions about it; documents, adapters, planning and reports ask them.
`tests/model/test_fields.py` compares the catalogue with the types of the files, and
`tests/house/test_fields.py` with the portal's own table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from reconciler.model.changes import ObjectKind
from reconciler.model.choices import PortalEdits, Unreviewed
from reconciler.model.sentences import Sentence, sentence
from reconciler.model.values import ALL, Value

# How to find the stricter of two values: a tuple lists them with the strictest first, "less"
# means the smaller number, and None means that no value is stricter.
Stricter: TypeAlias = tuple[Value, ...] | Literal["less"] | None


class Shape(StrEnum):
    """The type of a field's value: it decides how two values compare and how a change is shown.

    A set is shown by what is added and what is removed, everything else as from → to.
    """

    TEXT = "a text"
    FLAG = "true or false"
    NUMBER = "a whole number"
    ADDRESS = "an e-mail address"
    SET = "a list of texts"
    SELECTION = "'all' or a list of texts"
    ADDRESSES = "a list of e-mail addresses"

    @property
    def is_set(self) -> bool:
        return self in {Shape.SET, Shape.SELECTION, Shape.ADDRESSES}

    @property
    def is_address(self) -> bool:
        return self in {Shape.ADDRESS, Shape.ADDRESSES}

    def holds(self, value: Value) -> bool:
        """Return whether a field of this shape may have the value; every field may be empty."""
        match self:
            case _ if value is None:
                return True
            case Shape.TEXT | Shape.ADDRESS:
                return isinstance(value, str)
            case Shape.FLAG:
                return isinstance(value, bool)
            case Shape.NUMBER:
                # In Python, `True` is an `int`: without the second test, a damaged base
                # could set a limit to 1.
                return isinstance(value, int) and not isinstance(value, bool)
            case Shape.SELECTION:
                return value == ALL or isinstance(value, tuple)
            case _:
                return isinstance(value, tuple)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one kind of object.

    `name`: in the model and in the portal, dotted when nested. `in_file`: the dotted path in the
    file when it differs. `is_required`: a creation needs it. `remembered`: the portal has no such
    field, it lives in `applied` only. `personal`: the name, address or another datum of a person,
    which is masked in reports and erased with the person. `own`: a contact may set it for
    themselves, and the field then counts as unmanaged until the file changes. `power`: the noun for
    a change in "Power and access"; None when the field gives no power. `stricter`: how to find the
    stricter of two values. `default`: the value in force when nothing was applied. `noun` and
    `hint`: used in problems about one value.
    """

    object: ObjectKind
    name: str
    shape: Shape = Shape.TEXT
    in_file: str = ""
    is_required: bool = False
    remembered: bool = False
    personal: bool = False
    own: bool = False
    power: Sentence | None = None
    stricter: Stricter = None
    default: Value = None
    noun: str | None = None
    hint: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The keys in the file that lead to the value."""
        return tuple((self.in_file or self.name).split("."))

    @property
    def masked(self) -> bool:
        """Return whether reports hide the whole value; addresses keep their first letter and
        domain.
        """
        return self.personal and not self.shape.is_address


_KEY: Final = "use lower-case letters, digits and single hyphens"
_TAG: Final = "write a language tag such as de, pt-BR or no"
_NAME: Final = "begin and end with a visible character, and use no hidden ones"
_BEFORE_AT: Final = "with at most 64 characters before the @"
_ADDRESS: Final = f"write it as name@domain, without spaces or brackets, {_BEFORE_AT}"
_EDITS: Final = tuple(PortalEdits)
_EDITS_NOUN: Final = "a way to treat portal edits"


def _policy(name: str) -> Sentence:
    return sentence("power", "policy {name}", name=name)


def _limit(name: str, default: int, in_file: str = "") -> Field:
    """Return a number of the policy: the smaller, the stricter."""
    return Field(
        ObjectKind.SETTINGS,
        f"policy.{name}",
        Shape.NUMBER,
        in_file=in_file,
        remembered=True,
        power=_policy(name),
        stricter="less",
        default=default,
    )


_SETTINGS: Final = (
    Field(
        ObjectKind.SETTINGS,
        "sign_up",
        power=sentence("power", "sign-up mode"),
        noun="a sign-up mode",
    ),
    Field(ObjectKind.SETTINGS, "languages.source", Shape.SET, noun="a language"),
    Field(ObjectKind.SETTINGS, "languages.target", Shape.SET, noun="a language"),
    Field(ObjectKind.SETTINGS, "offers.expire_after_days", Shape.NUMBER),
    Field(
        ObjectKind.SETTINGS,
        "branding.primary_color",
        noun="a color",
        hint='write a color as "#0b5fff"',
    ),
    Field(
        ObjectKind.SETTINGS,
        "branding.logo",
        noun="a web address",
        hint="write a web address that begins with https://",
    ),
    # The base holds `ID@sha256:HEX` for each rule, so that a changed or missing rule is a
    # change with an id (SPEC part 2).
    Field(ObjectKind.SETTINGS, "rules", Shape.SET, remembered=True),
    Field(
        ObjectKind.SETTINGS,
        "policy.language",
        remembered=True,
        power=_policy("language"),
        default="en",
        noun="a language",
        hint=_TAG,
    ),
    Field(
        ObjectKind.SETTINGS,
        "policy.portal_edits",
        remembered=True,
        power=_policy("portal_edits"),
        stricter=_EDITS,
        default=PortalEdits.PROPOSE,
        noun=_EDITS_NOUN,
    ),
    Field(
        ObjectKind.SETTINGS,
        "policy.unreviewed",
        remembered=True,
        power=_policy("unreviewed"),
        stricter=(Unreviewed.HOLD, Unreviewed.APPLY),
        default=Unreviewed.APPLY,
        noun="a way to treat unreviewed changes",
    ),
    # The numbers of SPEC part 3, as in `desired.Policy`. The base remembers them, because a
    # loosened limit takes effect only in the run after the one that applies it.
    _limit("removals_percent", 20, "policy.removals.percent"),
    _limit("removals_at_least", 3, "policy.removals.at_least"),
    _limit("removals_at_most", 25, "policy.removals.at_most"),
    _limit("removals_per_customer_percent", 25, "policy.removals.per_customer_percent"),
    _limit("removals_small_customer", 2, "policy.removals.small_customer"),
    _limit("mails_per_run", 50),
)


def _protected(object: ObjectKind) -> Field:
    return Field(
        object,
        "protected",
        Shape.FLAG,
        in_file="protect",
        power=sentence("power", "protection"),
        stricter=(True, False),
        default=False,
    )


def _services(object: ObjectKind) -> Field:
    return Field(
        object,
        "services",
        Shape.SELECTION,
        noun="a service key or 'all'",
        hint=f"write all, or a list such as [certified]; keys are {_KEY.removeprefix('use ')}",
    )


_SERVICE: Final = (
    Field(ObjectKind.SERVICE, "name", is_required=True, noun="a name", hint=_NAME),
    Field(ObjectKind.SERVICE, "description"),
    Field(ObjectKind.SERVICE, "template", noun="a template's name"),
    Field(ObjectKind.SERVICE, "workflows", Shape.SET, noun="a workflow"),
    # No `power`: reports name the right that each person gains or loses instead. The same
    # holds for a contact's role and for the lists of services.
    Field(ObjectKind.SERVICE, "available_to_all", Shape.FLAG),
    Field(
        ObjectKind.SERVICE,
        "price.currency",
        noun="a currency",
        hint="write a currency as EUR",
    ),
    Field(
        ObjectKind.SERVICE,
        "price.per_word",
        noun="a price",
        hint='write a price in quotes, as "0.19"',
    ),
)

_CUSTOMER: Final = (
    Field(ObjectKind.CUSTOMER, "name", is_required=True, noun="a name", hint=_NAME),
    Field(ObjectKind.CUSTOMER, "description"),
    Field(ObjectKind.CUSTOMER, "language", noun="a language", hint=_TAG),
    Field(
        ObjectKind.CUSTOMER,
        "project_managers",
        Shape.ADDRESSES,
        personal=True,
        power=sentence("power", "project managers"),
        noun="an e-mail address",
        hint="write addresses as name@domain, in a list: [lee@provider.example]",
    ),
    _services(ObjectKind.CUSTOMER),
    Field(
        ObjectKind.CUSTOMER,
        "email_domains",
        Shape.SET,
        power=sentence("power", "e-mail domains"),
        noun="an e-mail domain",
        hint="write domains in a list: [acme.example]",
    ),
    _protected(ObjectKind.CUSTOMER),
    # The portal has no heirs. The base keeps them, so that a removed file still names its
    # heir.
    Field(ObjectKind.CUSTOMER, "heir", remembered=True, noun="a contact's key", hint=_KEY),
    Field(
        ObjectKind.CUSTOMER,
        "manager_optional",
        Shape.FLAG,
        remembered=True,
        power=sentence("power", "may be without a manager"),
        stricter=(False, True),
        default=False,
    ),
    Field(
        ObjectKind.CUSTOMER,
        "portal_edits",
        remembered=True,
        power=sentence("power", "portal edits"),
        stricter=_EDITS,
        default=PortalEdits.PROPOSE,
        noun=_EDITS_NOUN,
    ),
)

_CONTACT: Final = (
    Field(
        ObjectKind.CONTACT,
        "name",
        is_required=True,
        personal=True,
        own=True,
        noun="a name",
        hint=_NAME,
    ),
    Field(
        ObjectKind.CONTACT,
        "email",
        Shape.ADDRESS,
        is_required=True,
        personal=True,
        noun="an e-mail address",
        hint=_ADDRESS,
    ),
    Field(ObjectKind.CONTACT, "role", is_required=True, noun="a role"),
    _services(ObjectKind.CONTACT),
    Field(ObjectKind.CONTACT, "language", own=True, noun="a language", hint=_TAG),
    _protected(ObjectKind.CONTACT),
    Field(ObjectKind.CONTACT, "heir", remembered=True, noun="a contact's key", hint=_KEY),
    Field(
        ObjectKind.CONTACT,
        # Remembered, because a due departure needs no second review when an earlier run
        # applied this day (SPEC part 4).
        "leaves.on",
        remembered=True,
        noun="a date",
        hint="write a date as 2027-03-31",
    ),
    Field(ObjectKind.CONTACT, "leaves.reason", remembered=True, noun="a reason"),
)

# Every field.
CATALOGUE: Final[tuple[Field, ...]] = (*_SETTINGS, *_SERVICE, *_CUSTOMER, *_CONTACT)
