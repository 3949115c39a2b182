"""Every table of the portal.

Rows that callers may compare have `version` (counts changes of writable fields) and `revision` (the
transaction that last wrote the row, for `since`). Times are sortable UTC texts:
`2026-11-23T16:00:00Z`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from reconciler.portal.rules.chain import START
from reconciler.portal.store.access_tables import (
    attempts,
    lease_scopes,
    leases,
    links,
    sessions,
    sign_ups,
    staff,
    tokens,
)
from reconciler.portal.store.columns import Big, json_type, managed_columns, metadata

__all__ = [
    "attempts",
    "changes",
    "contacts",
    "customers",
    "files",
    "idempotency",
    "lease_scopes",
    "leases",
    "links",
    "lives",
    "metadata",
    "outbox",
    "portal",
    "requests",
    "services",
    "sessions",
    "settings",
    "sign_ups",
    "staff",
    "tokens",
]

# One row, which every writer locks first, so that revisions become visible in order. `head`: the
# hash of the last entry of the audit feed (`rules.chain`). `secret` keys the CSRF tokens of all
# server processes. `name` is empty unless an administrator set one (`i18n.portal_name`).
portal = Table(
    "portal",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("id", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("epoch", String(40), nullable=False),
    Column("revision", Big, nullable=False),
    Column("fence", Big, nullable=False),
    Column("secret", String(64), nullable=False, server_default=""),
    Column("head", String(64), nullable=False, server_default=START),
)

# `last_commits`: by owner, the commit of the last batch that wrote the settings or a service. It
# outlives the services.
settings = Table(
    "settings",
    metadata,
    *managed_columns(),
    Column("sign_up", String(20), nullable=False),
    Column("languages", json_type(), nullable=False),
    Column("offers", json_type(), nullable=False),
    Column("branding", json_type(), nullable=False),
    Column(
        "activation", json_type(), nullable=False, server_default='{"expire_after_days":14}'
    ),
    Column("last_commits", json_type(), nullable=False, server_default="{}"),
)

services = Table(
    "services",
    metadata,
    *managed_columns(),
    Column("life", Integer, nullable=False, server_default="1"),
    Column("code", String(63), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("template", Text),
    Column("workflows", json_type(), nullable=False),
    Column("available_to_all", Boolean, nullable=False),
    Column("price", json_type()),
)

# `name_form` is unique among all customers and empty for archived ones. `registration_code`: people
# who sign up with it belong to this customer; only the portal knows it. `sought`: the search form
# (`rules.search`), also for contacts.
customers = Table(
    "customers",
    metadata,
    *managed_columns(),
    Column("life", Integer, nullable=False, server_default="1"),
    Column("name", Text, nullable=False),
    Column("name_form", Text, unique=True),
    Column("description", Text),
    Column("language", String(35), nullable=False),
    Column("project_managers", json_type(), nullable=False),
    Column("services", json_type(), nullable=False),
    Column("email_domains", json_type(), nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("status", String(10), nullable=False),
    Column("archived", json_type()),
    Column("last_commit", String(64)),
    Column("registration_code", String(20), unique=True, index=True),
    Column("sought", Text, nullable=False, server_default=""),
    Index("ix_customers_name_id", "name", "id"),
    Index("ix_customers_external_key", "external_key", "owner"),
    Index(
        "uq_customers_owner_external_key",
        "owner",
        "external_key",
        unique=True,
        sqlite_where=text("status <> 'archived'"),
        postgresql_where=text("status <> 'archived'"),
    ),
)

# `address_form` is unique; it is empty for registrations and removed contacts.
contacts = Table(
    "contacts",
    metadata,
    *managed_columns(),
    Column("customer", String(40), ForeignKey("customers.id")),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("address_form", Text, unique=True),
    Column("role", String(20), nullable=False),
    Column("services", json_type(), nullable=False),
    Column("language", String(35)),
    Column("protected", Boolean, nullable=False),
    Column("status", String(20), nullable=False),
    Column("life", Integer, nullable=False),
    Column("removed", json_type()),
    Column("registration", String(40), unique=True),
    Column("fingerprint", String(80)),
    Column("decision", String(10)),
    Column("password", Text),
    Column("invited_at", String(20)),
    Column("sought", Text, nullable=False, server_default=""),
    Index("ix_contacts_customer_status", "customer", "status"),
    Index("ix_contacts_status_id", "status", "id"),
    Index("ix_contacts_name_id", "name", "id"),
    Index("ix_contacts_external_key", "external_key", "customer", "life"),
    Index(
        "uq_contacts_customer_external_key",
        "customer",
        "external_key",
        unique=True,
        sqlite_where=text("status <> 'removed'"),
        postgresql_where=text("status <> 'removed'"),
    ),
)

# The last life of a row under a key that it lost: it was renamed, released or deleted. `home`: the
# scope of the key, which is the owner of customers and services and the customer of contacts.
lives = Table(
    "lives",
    metadata,
    Column("object", String(20), primary_key=True),
    Column("home", String(200), primary_key=True),
    Column("key", String(63), primary_key=True),
    Column("life", Integer, nullable=False),
)

# `number`: short, for people (`rules.request_numbers`). `requested_deadline`: the deadline that the
# request was sent with; `deadline` is the one agreed since. `words`: weighted. `cost`: decimal, for
# all target languages. `progress`: percent. `taken_at`: when somebody of the customer first
# downloaded a delivered file.
requests = Table(
    "requests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("revision", Big, nullable=False, index=True),
    Column("number", Integer, nullable=False, server_default="0"),
    Column("customer", String(40), ForeignKey("customers.id"), nullable=False),
    Column("owner", String(40), ForeignKey("contacts.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("service", String(63)),
    Column("workflow", String(30)),
    Column("source_language", String(35), nullable=False),
    Column("target_languages", json_type(), nullable=False),
    Column("deadline", String(20)),
    Column("requested_deadline", String(20)),
    Column("comment", Text),
    Column("created_at", String(20), nullable=False),
    Column("words", Integer),
    Column("cost", String(20)),
    Column("currency", String(3)),
    Column("expires_at", String(20), index=True),
    Column("progress", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("accepted_at", String(20)),
    Column("delivered_at", String(20)),
    Column("taken_at", String(20)),
    Index("ix_requests_number", "number", unique=True),
    Index("ix_requests_customer_state", "customer", "state"),
    Index("ix_requests_owner_state", "owner", "state"),
    Index("ix_requests_created_at_id", "created_at", "id"),
)

# Uploaded files: `source`, `reference`, or `delivery` in a target language. `words` are weighted;
# empty where `uncounted` says why a person has to count, and while they are being counted.
# `count_at`: when a pending count is due; empty once it ended. A pending upload has no `request`
# and `kind`: only `person` (or, for tokens, a caller with the id) may use it, and it is deleted
# after a day.
files = Table(
    "files",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("request", String(40), ForeignKey("requests.id"), index=True),
    Column("kind", String(10)),
    Column("language", String(35)),
    Column("name", Text, nullable=False),
    Column("size", Big, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("words", Integer),
    Column("uncounted", String(20)),
    Column("count_at", String(20), index=True),
    Column("count_tries", Integer, nullable=False, server_default="0"),
    Column("person", String(40)),
    Column("by", Text, nullable=False),
    Column("created_at", String(20), nullable=False, index=True),
)

# The audit feed: who, when, what, before, after, by which commit. `person`: the id of the contact
# or staff member whose name is `by`, so that it can be erased. `seals`, `hash`: the chain of
# entries, which detects edits (`rules.chain`).
changes = Table(
    "changes",
    metadata,
    Column("revision", Big, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(20), nullable=False),
    Column("by", Text, nullable=False, index=True),
    Column("actor", String(20), nullable=False),
    Column("what", String(60), nullable=False),
    Column("object", String(20), nullable=False),
    Column("id", String(40), nullable=False, index=True),
    Column("before", json_type()),
    Column("after", json_type()),
    Column("change", String(64)),
    Column("run", String(200)),
    Column("commit", String(64)),
    Column("person", String(40), index=True),
    Column("seals", json_type()),
    Column("hash", String(64), nullable=False, server_default=""),
    Index("ix_changes_object_revision_seq", "object", "revision", "seq"),
)

# `next_try_at`: when a pending mail is due; empty once it is sent or given up. `forget_at`: when a
# sent or given-up mail loses recipient, subject and text; empty before and after.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("revision", Big, nullable=False, index=True),
    Column("kind", String(30), nullable=False),
    Column("to", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("contact", String(40), index=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False, server_default=""),
    Column("created_at", String(20), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", String(20)),
    Column("last_error", Text),
    Column("sent_at", String(20)),
    Column("forget_at", String(20), index=True),
    Index("ix_outbox_next_try_at_revision_id", "next_try_at", "revision", "id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal", String(60), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("headers", json_type(), nullable=False),
    Column("created_at", String(20), nullable=False, index=True),
)
