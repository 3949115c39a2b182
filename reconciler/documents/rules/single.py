"""Rules on one file alone: values that a schema cannot judge, and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from reconciler.documents import values
from reconciler.documents.judging import Source
from reconciler.documents.strict_yaml import Path
from reconciler.documents.types import Contact, Customer, Document, Portal, Removed
from reconciler.documents.values import Finding
from reconciler.model.problems import Problem, Severity

Check = Callable[[str], Finding | None]

FREE_MAIL: Final = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "web.de",
        "t-online.de",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "mail.ru",
        "yandex.ru",
        "qq.com",
        "163.com",
        "orange.fr",
        "laposte.net",
        "free.fr",
    ]
)
_SECRETS: Final = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b|\bglpat-[A-Za-z0-9_-]{20,}\b"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"),
    re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@]+:[^\s/@]+@"),
    re.compile(r"(?i)\b(?:password|passwort|mot_de_passe|api_?key|secret|token)\s*[:=]\s*\S{4,}"),
)


def in_one_file(document: Document, source: Source) -> list[Problem]:
    """Every finding in one typed document, at its place."""
    found = [problem for at, text, check in _checks(document) for problem in _judged(source, at, text, check)]
    found += _free_mail(document, source)
    found += _open_sign_up(document, source)
    return found + list(_secrets(source))


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
            yield ("time_zone",), document.time_zone, values.time_zone
            for side in ("source", "target"):
                for number, tag in enumerate(getattr(document.languages, side, None) or ()):
                    yield ("languages", side, number), tag, values.language
        case Removed():
            return


def _language(tag: str | None) -> Iterator[tuple[Path, str, Check]]:
    if tag is not None:
        yield ("language",), tag, values.language


def _judged(source: Source, at: Path, text: str, check: Check) -> Iterator[Problem]:
    if finding := check(text):
        field = next(part for part in reversed(at) if isinstance(part, str))
        rule = "mixed-script" if finding.warns else field.replace("_", "-")
        severity = Severity.WARNING if finding.warns else Severity.ERROR
        yield source.problem(rule, source.span(at), finding.message, at=at, hint=finding.hint, severity=severity)


def _free_mail(document: Document, source: Source) -> Iterator[Problem]:
    if not isinstance(document, Customer):
        return
    for number, domain in enumerate(document.email_domains or ()):
        if domain.lower() in FREE_MAIL:
            at: Path = ("email_domains", number)
            message = f"'{domain}' is everybody's domain; anyone there could sign up as this customer"
            yield source.problem("free-mail-domain", source.span(at), message, at=at, hint="delete the line")


def _open_sign_up(document: Document, source: Source) -> Iterator[Problem]:
    if isinstance(document, Portal) and document.sign_up == "open":
        at: Path = ("sign_up",)
        message = "with open sign-up anybody gets access without approval"
        hint = "write approval_required, unless that is meant"
        yield source.problem("open-sign-up", source.span(at), message, at=at, hint=hint, severity=Severity.WARNING)


def _secrets(source: Source) -> Iterator[Problem]:
    """Places that look like a secret; the value is never repeated, not even as the source line."""
    for number, line in enumerate(source.lines, 1):
        for pattern in _SECRETS:
            if found := pattern.search(line):
                message = "this looks like a secret; a repository keeps it for ever"
                hint = "revoke it where it is used, and take it out of the file"
                yield Problem(
                    "secret",
                    Severity.ERROR,
                    source.path,
                    number,
                    found.start() + 1,
                    message,
                    hint=hint,
                    length=1,
                )
                break
