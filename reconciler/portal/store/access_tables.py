"""Tables of access: leases, tokens, staff, sessions, links, sign-ups and attempts."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from reconciler.portal.store.columns import Big, json_type, metadata

# `principal`: who took it. An ended lease is kept for a day, so that a repeated request for it is
# not taken for a new one; it has no scopes any more.
leases = Table(
    "leases",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token", Big, nullable=False, unique=True),
    Column("holder", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("expires_at", String(30), nullable=False),
    Column("principal", String(80), server_default="", nullable=False),
    Column("ended_at", String(30), nullable=True),
)

lease_scopes = Table(
    "lease_scopes",
    metadata,
    Column("scope", String(100), primary_key=True),
    Column(
        "lease",
        String(40),
        ForeignKey("leases.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)

# `ended_at`: when the token was revoked; `expires_at`: when it expires. `owner`: the only owner
# whose objects it writes. `used_at`: the last use, to a few minutes.
tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("scope", String(10), nullable=False),
    Column("contact", String(40), ForeignKey("contacts.id"), index=True),
    Column("created_at", String(20), nullable=False),
    Column("ended_at", String(20)),
    Column("expires_at", String(20), nullable=False, server_default=""),
    Column("owner", String(200)),
    Column("used_at", String(20)),
)

# The provider's staff: `administrator` or `project_manager`; `invited`, `active` or `removed`.
staff = Table(
    "staff",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("revision", Big, nullable=False),
    Column("touched", json_type(), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("address_form", Text, unique=True),
    Column("kind", String(20), nullable=False),
    Column("language", String(35), nullable=False),
    Column("status", String(20), nullable=False),
    Column("password", Text),
)

# Sessions of a contact or a staff member, never of both.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("contact", String(40), ForeignKey("contacts.id"), index=True),
    Column("staff", String(40), ForeignKey("staff.id"), index=True),
    Column("created_at", String(20), nullable=False),
    Column("used_at", String(20), nullable=False, index=True),
    Column("ended_at", String(20), index=True),
)

# Links in mails (`activation`, `reset`); only the digest of a link's secret is stored.
links = Table(
    "links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("contact", String(40), ForeignKey("contacts.id"), index=True),
    Column("staff", String(40), ForeignKey("staff.id"), index=True),
    Column("kind", String(20), nullable=False),
    Column("expires_at", String(20), nullable=False, index=True),
    Column("used_at", String(20)),
)

# Unconfirmed sign-ups; deleted when the link expires.
sign_ups = Table(
    "sign_ups",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("email", Text, nullable=False),
    Column("address_form", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(35)),
    Column("customer", String(40), ForeignKey("customers.id")),
    Column("created_at", String(20), nullable=False),
    Column("expires_at", String(20), nullable=False, index=True),
)

# Throttled attempts: failed log-ins by a digest of address or host, limits by the person's id.
attempts = Table(
    "attempts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subject", String(64), nullable=False, index=True),
    Column("at", String(20), nullable=False, index=True),
    Column("amount", Integer, nullable=False, server_default="1"),
)
