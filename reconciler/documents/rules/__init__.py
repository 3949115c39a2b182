"""The named rules: on one file and across files."""

from reconciler.documents.rules.across import Book, across_files
from reconciler.documents.rules.secrets import secrets
from reconciler.documents.rules.single import in_one_file

__all__ = ["Book", "across_files", "in_one_file", "secrets"]
