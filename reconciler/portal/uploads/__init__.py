"""Uploaded files: safe names, word counts, and the folder of the bytes."""
