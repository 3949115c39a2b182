"""The schemas of bodies and answers of the API, for validation and for the OpenAPI document."""
