"""The demo: invented customers, people and a year of requests."""
