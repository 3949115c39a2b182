"""The named rules: on one file, across files, and the catalogue that explains each."""

from reconciler.documents.rules.across import Book, across_files
from reconciler.documents.rules.catalogue import RULES
from reconciler.documents.rules.secrets import secrets
from reconciler.documents.rules.single import in_one_file

__all__ = ["RULES", "Book", "across_files", "in_one_file", "secrets"]
