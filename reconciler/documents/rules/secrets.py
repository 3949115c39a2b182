"""Secrets in a file, found in its lines whether or not the file is a document.

A secret is never repeated: the problem has no source line, and a file that holds a secret shows no
other problem, because any of them might quote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.documents.source_text import MAX_BYTES
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

_SECRETS: Final = (
    # In this order: PEM, AWS, GitHub, GitLab, JSON Web Token, password in a URL,
    # assignment. Every repetition has a limit or no overlap, so that a search takes linear
    # time.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b"),
    re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    re.compile(
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    ),
    re.compile(r"\b[a-z][a-z0-9+]{1,20}://[^\s/:@]{1,200}:[^\s/@]{1,200}@"),
    re.compile(
        r"(?i)\b(?:password|passwort|mot_de_passe|api[_-]?key|secret|token)[\"']?"
        r"\s{0,9}[:=]\s{0,9}[^\s#]{4,}"
    ),
)
_MAX_PROBLEMS: Final = 20


def secrets(path: str, content: bytes) -> Iterator[Problem]:
    """Yield a problem for each line that looks like a secret, up to twenty: only the place, never
    the value.
    """
    count = 0
    for number, line in enumerate(
        # Replaced and not refused: a file in another encoding is searched as well.
        content[:MAX_BYTES].decode("utf-8", "replace").split("\n"),
        1,
    ):
        place = next(
            (match.start() for pattern in _SECRETS if (match := pattern.search(line))), None
        )
        if place is None:
            continue
        count += 1
        if count > _MAX_PROBLEMS:
            return
        message = "this looks like a secret; git history keeps it permanently"
        hint = "revoke the secret, and remove it from the file"
        yield Problem(
            RuleId.SECRET, Severity.ERROR, path, number, place + 1, message, hint=hint
        )
