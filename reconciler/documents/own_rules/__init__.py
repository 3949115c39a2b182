"""A provider's own rules: JSON Schemas in the repository that check documents after our own schema.

`rulebook` is the entry point: rule files in; rules, problems, and the problems of documents out.
"""
