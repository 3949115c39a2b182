"""The catalogs of reports, read from the files that come with the program."""

from __future__ import annotations

import hashlib
import struct
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

from reconciler.cli.output import Display, warn
from reconciler.reports.wording import ENGLISH, Wording
from reconciler.shipped import catalogs_folder

# Context and id of the entry that tells from which `.po` file a `.mo` file was compiled.
_DIGEST: Final = ("catalog", "digest of the .po file")


def wording_for(display: Display, language: str) -> Wording:
    """Return the wording of a language; English, with a warning, when its catalog is unusable.

    A comment in English still says what would happen, so a plan never fails for its language.
    """
    if language == ENGLISH.language:
        return ENGLISH
    po = catalogs_folder() / f"{language}.po"
    try:
        translations, digest = _read(po)
    except (OSError, UnicodeDecodeError, struct.error) as error:
        problem = f"the catalog '{language}' cannot be read: {error}"
    else:
        # A stale catalog would mix two languages: the sentences that changed are not in it.
        if translations.pgettext(*_DIGEST) == digest:
            return Wording(language, translations)
        problem = f"{po.stem}.mo was not compiled from {po.name}"
    warn(display, f"{problem}; the comment is in English", _REMEDY)
    return ENGLISH


_REMEDY: Final = "run `make messages` in the checkout, or install the program again"


def _read(po: Path) -> tuple[GNUTranslations, str]:
    """Return the compiled catalog, and the digest of the file that it must come from."""
    digest = hashlib.sha256(po.read_bytes()).hexdigest()
    with po.with_suffix(".mo").open("rb") as file:
        return GNUTranslations(file), digest
