"""The name of the portal: the one that an administrator chose, else the usual one."""

from __future__ import annotations

from reconciler.portal.i18n.catalogs import sentence, written_language


def name_for(language: str, given: str) -> str:
    """Return the given name; without one, "Customer portal" in the language of the reader."""
    return given or sentence(written_language(language), "portal.name")
