"""Delivery of mails from the outbox to an SMTP server."""
