"""Schemas of the API's bodies and answers, for validation and the OpenAPI document."""
