"""The two kinds of source texts: one sentence, or its forms for one thing and for several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plural:
    """A sentence about a number of things: the English forms for one and for any other number.

    A translation has as many forms as its language needs; the catalog's header says which.
    """

    singular: str
    plural: str


Text = str | Plural
