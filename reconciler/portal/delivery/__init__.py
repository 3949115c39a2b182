"""Delivery: mails from the outbox to an SMTP server."""
