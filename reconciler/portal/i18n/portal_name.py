"""The name of the portal: the one that an administrator chose, else the usual one."""

from __future__ import annotations

from reconciler.portal.i18n.catalogs import sentence, written_language


def name_for(language: str, chosen_name: str) -> str:
    """Return the chosen name; without one, "Customer portal" in the language of the reader."""
    return chosen_name or sentence(written_language(language), "portal.name")
