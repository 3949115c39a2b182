"""The base of documents, and the types of their fields: patterns, limits, words of closed sets.

They hold only what a JSON Schema can express. Patterns end in `$(?!\\n)`: Python's `$` ignores a
final line break, JavaScript's does not.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict, WithJsonSchema

from reconciler.model import choices
from reconciler.model.roles import Role
from reconciler.shipped import report_languages

# As escapes in a raw string: the regular expressions of Python and JavaScript both read
# them, so the schema can hold them.
_HIDDEN: Final = (
    r"\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
)
TEXT_PATTERN: Final = rf"^[^ {_HIDDEN}]([^{_HIDDEN}]*[^ {_HIDDEN}])?$(?!\n)"
KEY_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)"
# Rough on purpose: `values.address` decides, by rules that no pattern can express.
EMAIL_PATTERN: Final = (
    rf'^[^\s@"<>()\[\],;:\\{_HIDDEN}]{{1,64}}@[^\s@"<>()\[\],;:\\{_HIDDEN}]{{3,253}}$(?!\n)'
)
DOMAIN_PATTERN: Final = rf"^[^\s@/:{_HIDDEN}.]+(\.[^\s@/:{_HIDDEN}.]+)+$(?!\n)"
LOGO_PATTERN: Final = rf"^https://[^\s{_HIDDEN}]+$(?!\n)"
LANGUAGE_PATTERN: Final = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\n)"

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT_PATTERN)]
LongText: TypeAlias = Annotated[str, Field(max_length=2000)]
Key: TypeAlias = Annotated[str, Field(max_length=63, pattern=KEY_PATTERN)]
Address: TypeAlias = Annotated[
    # RFC 3696, erratum 1690: a path of 256 octets (RFC 5321) without its angle brackets.
    str, Field(min_length=6, max_length=254, pattern=EMAIL_PATTERN)
]
# RFC 1035: 255 octets on the wire are 253 characters with dots.
Domain: TypeAlias = Annotated[str, Field(max_length=253, pattern=DOMAIN_PATTERN)]
# RFC 5646, 4.4.1: 35 characters hold every tag of language, script, region and variants.
Language: TypeAlias = Annotated[str, Field(max_length=35, pattern=LANGUAGE_PATTERN)]
Date: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
Services: TypeAlias = Literal["all"] | Annotated[list[Key], Field(max_length=200)]
Limit: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000)]
Percent: TypeAlias = Annotated[int, Field(ge=0, le=100)]
# Of a rule of ours, or of a provider's own; `rules.acknowledgements` knows which there are.
WarningId: TypeAlias = Annotated[
    str, Field(max_length=67, pattern=rf"^(own/)?{KEY_PATTERN.removeprefix('^')}")
]
RulePath: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=200, pattern=TEXT_PATTERN)
]


def _enum_schema(kind: type[StrEnum]) -> WithJsonSchema:
    """Return the members as an inline enum: editors then show a choice, not a reference."""
    return WithJsonSchema({"enum": [member.value for member in kind], "type": "string"})


# A file holds the member's text; strict validation would only accept the member itself.
_FROM_WORD: Final = Strict(False)
RoleWord: TypeAlias = Annotated[Role, _FROM_WORD, _enum_schema(Role)]
Reason: TypeAlias = Annotated[choices.Reason, _FROM_WORD, _enum_schema(choices.Reason)]
PortalEdits: TypeAlias = Annotated[
    choices.PortalEdits, _FROM_WORD, _enum_schema(choices.PortalEdits)
]
Workflow: TypeAlias = Annotated[
    choices.Workflow, _FROM_WORD, _enum_schema(choices.Workflow)
]
SignUp: TypeAlias = Annotated[choices.SignUp, _FROM_WORD, _enum_schema(choices.SignUp)]
Unreviewed: TypeAlias = Annotated[
    choices.Unreviewed, _FROM_WORD, _enum_schema(choices.Unreviewed)
]
if TYPE_CHECKING:
    ReportLanguage: TypeAlias = str
else:
    # A choice of the catalogs that are there: a new language is a new file and no new line.
    ReportLanguage = Literal[report_languages()]


def optional_field(description: str, *examples: Any) -> Any:
    """Return a field that may be absent, with examples."""
    return Field(default=None, description=description, examples=list(examples) or None)


def optional_list(description: str, *example: str) -> Any:
    """Return a field that may hold a list of at most 100 items, with one example."""
    return Field(
        default=None, max_length=100, description=description, examples=[list(example)]
    )


class Document(BaseModel):
    """Every mapping in a document: strict, without unknown keys.

    Omitted keys are not in the dump.
    """

    # pydantic's default engine is Rust's, which has no look-ahead as in `$(?!\n)`.
    model_config = ConfigDict(
        extra="forbid", strict=True, regex_engine="python-re", frozen=True
    )

    def set_fields(self, *names: str) -> dict[str, Any]:
        """Return the named fields that the file sets, by name."""
        return {
            name: _plain(getattr(self, name))
            for name in names
            if name in self.model_fields_set
        }


def _plain(value: Any) -> Any:
    """Return the value as plain data: fields of the model are compared, shown and hashed as
    text.
    """
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value
