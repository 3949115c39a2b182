"""A provider's own rules: JSON Schemas in the repository that judge documents after our own schema.

`rulebook` is the door: rule files in, rules and problems out, and documents judged by them.
"""
