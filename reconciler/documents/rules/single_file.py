"""Rules on one file alone: values that a schema cannot check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from reconciler.documents import values
from reconciler.documents.field_types import Document
from reconciler.documents.portal_document import Portal
from reconciler.documents.positions import Path
from reconciler.documents.types import Contact, Customer, Removed
from reconciler.documents.validation import Source
from reconciler.documents.values import ValueProblem
from reconciler.model.choices import SignUp
from reconciler.model.equality import domain_key
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId
from reconciler.model.sentences import sentence

Check = Callable[[str], ValueProblem | None]

# Compared with `domain_key`, so each is in lower case. Not complete: the large providers
# where people of customers have addresses.
FREE_MAIL: Final = frozenset(
    [
        "163.com",
        "aol.com",
        "arcor.de",
        "bluewin.ch",
        "free.fr",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "hotmail.de",
        "hotmail.fr",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "live.de",
        "live.fr",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.fr",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "seznam.cz",
        "sfr.fr",
        "t-online.de",
        "t-online.hu",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yahoo.co.jp",
        "yahoo.com",
        "yahoo.de",
        "yahoo.fr",
        "yandex.ru",
        "ymail.com",
    ]
)


def in_one_file(document: Document, source: Source) -> list[Problem]:
    """Return every problem of one typed document, at its place."""
    problems = [
        problem
        for at, text, check in _checks(document)
        for problem in _check_problems(source, at, text, check)
    ]
    problems += _free_mail(document, source)
    problems += _open_sign_up(document, source)
    return problems


def _checks(document: Document) -> Iterator[tuple[Path, str, Check]]:
    match document:
        case Contact():
            yield ("name",), document.name, values.name
            yield ("email",), document.email, values.address
            yield from _language(document.language)
            if document.leaves:
                yield ("leaves", "on"), document.leaves.on, values.date
        case Customer():
            yield ("name",), document.name, values.name
            yield from _language(document.language)
            for number, text in enumerate(document.project_managers or ()):
                yield ("project_managers", number), text, values.address
            for number, text in enumerate(document.email_domains or ()):
                yield ("email_domains", number), text, values.domain
        case Portal():
            yield from _portal_checks(document)
        case Removed():
            return


def _portal_checks(document: Portal) -> Iterator[tuple[Path, str, Check]]:
    yield ("time_zone",), document.time_zone, values.time_zone
    for side in ("source", "target"):
        for number, tag in enumerate(getattr(document.languages, side, None) or ()):
            yield ("languages", side, number), tag, values.language
    for key, service in (document.services or {}).items():
        yield ("services", key, "name"), service.name, values.name


def _language(tag: str | None) -> Iterator[tuple[Path, str, Check]]:
    if tag is not None:
        yield ("language",), tag, values.language


def _check_problems(source: Source, at: Path, text: str, check: Check) -> Iterator[Problem]:
    if finding := check(text):
        field = next(part for part in reversed(at) if isinstance(part, str))
        rule = RuleId.MIXED_SCRIPT if finding.warns else RuleId(field.replace("_", "-"))
        severity = Severity.WARNING if finding.warns else Severity.ERROR
        yield source.problem(
            rule,
            source.span(at),
            finding.message,
            at=at,
            hint=finding.hint,
            severity=severity,
        )


def _free_mail(document: Document, source: Source) -> Iterator[Problem]:
    if not isinstance(document, Customer):
        return
    for number, domain in enumerate(document.email_domains or ()):
        if domain_key(domain) in FREE_MAIL:
            at: Path = ("email_domains", number)
            message = (
                f"'{domain}' is a public mail domain; anybody with such an address could "
                f"sign up as this customer"
            )
            yield source.problem(
                RuleId.FREE_MAIL_DOMAIN,
                source.span(at),
                message,
                at=at,
                hint="delete the line",
            )


def _open_sign_up(document: Document, source: Source) -> Iterator[Problem]:
    if isinstance(document, Portal) and document.sign_up is SignUp.OPEN:
        at: Path = ("sign_up",)
        message = sentence(
            "warning", "with open sign-up, anybody gets access without approval"
        )
        hint = sentence("hint", "write approval_required, unless open sign-up is intended")
        yield source.problem(
            RuleId.OPEN_SIGN_UP,
            source.span(at),
            message,
            at=at,
            hint=hint,
            severity=Severity.WARNING,
        )
