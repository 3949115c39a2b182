"""The mails that the portal writes to people."""
