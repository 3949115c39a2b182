"""What the portal is called: the name that an administrator gave it, else what it is, in the reader's language."""

from __future__ import annotations

from typing import Final

USUAL: Final = {"en": "Customer portal", "fr": "Portail client", "de": "Kundenportal"}


def name_for(language: str, given: str) -> str:
    """The given name; without one the usual one in this language (`fr-CH` reads French), else in English."""
    return given or USUAL.get(language.partition("-")[0].lower(), USUAL["en"])
