"""`python -m reconciler.contract URL`: which laws of the contract hold at a portal."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx

from reconciler.contract.law import Finding, Law, Verdict, check_law
from reconciler.contract.laws import LAWS
from reconciler.contract.portal import Portal

HOLDS: Final = 0
BROKEN: Final = 1
REFUSED: Final = 4
UNREACHABLE: Final = 6
NOT_ALLOWED: Final = 8
USAGE: Final = 64
INTERRUPTED: Final = 130
_FLAG: Final = "--yes-this-portal-is-for-tests"
_TOKENS: Final = ("read", "apply", "admin")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """End with the code of wrong usage; argparse's own 2 means something else here."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {message}\n")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = _Parser(
        prog="python -m reconciler.contract",
        description="Check which laws of the API hold at a portal. Creates customers, contacts, "
        "services and requests there, and archives, erases and deletes them afterwards.",
        epilog="The token comes from RECONCILER_PORTAL_TOKEN; scope admin checks most. "
        "RECONCILER_CONTRACT_READ_TOKEN and RECONCILER_CONTRACT_APPLY_TOKEN let the laws on "
        "scopes be checked. Exit: 0 no law is broken, 1 a law is broken, 4 refused, "
        "6 unreachable, 8 not authenticated, 64 wrong usage.",
    )
    parser.add_argument("url", metavar="URL", nargs="?", help="the portal, without /api/v1")
    parser.add_argument("--law", metavar="ID", action="append", help="check only this law")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--list", action="store_true", help="list the laws and end")
    is_for_tests = parser.add_argument(_FLAG, action="store_true", dest="is_for_tests")
    is_for_tests.help = "also run where there are customers"
    options = parser.parse_args(arguments)
    unknown_ids = set(options.law or ()) - {law.id for law in LAWS}
    if unknown_ids:
        parser.error(f"'{min(unknown_ids)}' is not a law; list them with --list")
    if not options.list and not is_safe(options.url or ""):
        parser.error("URL must begin with https:// (http:// only for this machine)")
    return options


def is_safe(url: str) -> bool:
    """Return whether a token may be sent to this URL: over TLS, or to this machine."""
    address = urlsplit(url)
    if address.scheme != "http":
        return address.scheme == "https" and bool(address.hostname)
    try:
        return ipaddress.ip_address(address.hostname or "").is_loopback
    except ValueError:
        return address.hostname == "localhost"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the laws, write the report to stdout, and return the exit code."""
    options = parse_arguments(arguments)
    laws = [law for law in LAWS if not options.law or law.id in options.law]
    if options.list:
        for law in laws:
            print(f"{law.id}\n  {law.sentence}")
        return HOLDS
    token = os.environ.get("RECONCILER_PORTAL_TOKEN", "")
    if not token:
        return _fail(USAGE, "RECONCILER_PORTAL_TOKEN is not set")
    try:
        portal = Portal(options.url, token, _other_tokens())
        if not options.is_for_tests and (name := portal.foreign_customer()):
            return _fail(
                REFUSED,
                f"this portal has customers, such as '{name}'; nothing was changed\n"
                f"  hint: pass {_FLAG} if it is for tests",
            )
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        code = NOT_ALLOWED if status in {401, 403} else UNREACHABLE
        return _fail(code, f"{error.request.url.path} answered {status}")
    except (httpx.TransportError, KeyError, TypeError, ValueError) as error:
        return _fail(UNREACHABLE, f"no answer of a portal: {type(error).__name__} {error}")
    findings = []
    try:
        for finding in check_all(laws, portal):
            findings.append(finding)
            if options.format == "text":
                print(line_of(finding), flush=True)
    finally:
        remains = _tidy(portal)
    _report(findings, remains, options.format)
    is_broken = any(finding.verdict is Verdict.BROKEN for finding in findings)
    return BROKEN if is_broken else HOLDS


def _other_tokens() -> dict[str, str]:
    names = {scope: f"RECONCILER_CONTRACT_{scope.upper()}_TOKEN" for scope in _TOKENS}
    return {
        scope: os.environ[name] for scope, name in names.items() if os.environ.get(name)
    }


def check_all(laws: Sequence[Law], portal: Portal) -> Iterator[Finding]:
    """Yield the finding about each law, in order."""
    for law in laws:
        yield check_law(law, portal)


def line_of(finding: Finding) -> str:
    """Return the line of the report about one law."""
    why = f" ({finding.why})" if finding.why else ""
    return f"{finding.verdict:<12}{finding.law.id}: {finding.law.sentence}{why}"


def _tidy(portal: Portal) -> list[str]:
    try:
        return portal.tidy()
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
        return [f"tidying up failed: {type(error).__name__} {error}"]
    finally:
        portal.close()


def _report(findings: Sequence[Finding], remains: Sequence[str], format: str) -> None:
    counts = {
        str(verdict): sum(finding.verdict is verdict for finding in findings)
        for verdict in Verdict
    }
    if format == "json":
        laws = [
            {
                "id": finding.law.id,
                "sentence": finding.law.sentence,
                "verdict": str(finding.verdict),
                "why": finding.why,
            }
            for finding in findings
        ]
        document = {
            "schema_version": 1,
            "laws": laws,
            "summary": counts,
            "remains": remains,
        }
        print(json.dumps(document, indent=2))
        return
    for sentence in remains:
        print(f"remains: {sentence}", file=sys.stderr)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))


def _fail(code: int, message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
