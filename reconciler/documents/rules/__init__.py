"""The named rules: on one file and across files."""

from reconciler.documents.rules.acknowledgements import acknowledge
from reconciler.documents.rules.book import Book
from reconciler.documents.rules.cross_file import across_files
from reconciler.documents.rules.secrets import secrets
from reconciler.documents.rules.single_file import in_one_file

__all__ = ["Book", "acknowledge", "across_files", "in_one_file", "secrets"]
