"""The name of the portal: set by an administrator, else a default in the reader's language."""

from __future__ import annotations

from typing import Final

DEFAULT_NAMES: Final = {"en": "Customer portal", "fr": "Portail client", "de": "Kundenportal"}


def name_for(language: str, custom_name: str) -> str:
    """Return the custom name, else the default in this language (`fr-CH` reads French)."""
    return custom_name or DEFAULT_NAMES.get(language.partition("-")[0].lower(), DEFAULT_NAMES["en"])
