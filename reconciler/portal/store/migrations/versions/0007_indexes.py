"""Indexes for large portals: frequent queries read only the rows they need."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_GONE = (
    ("contacts", "status"),
    ("contacts", "customer"),
    ("requests", "customer"),
    ("requests", "owner"),
)
_NEW = (
    ("ix_contacts_customer_status", "contacts", ["customer", "status"]),
    ("ix_contacts_status_id", "contacts", ["status", "id"]),
    ("ix_contacts_external_key", "contacts", ["external_key", "customer", "generation"]),
    ("ix_requests_customer_state", "requests", ["customer", "state"]),
    ("ix_requests_owner_state", "requests", ["owner", "state"]),
    ("ix_requests_created_at_id", "requests", ["created_at", "id"]),
    ("ix_changes_object_revision_seq", "changes", ["object", "revision", "seq"]),
    ("ix_outbox_next_try_at_revision_id", "outbox", ["next_try_at", "revision", "id"]),
    ("ix_sessions_used_at", "sessions", ["used_at"]),
    ("ix_sessions_ended_at", "sessions", ["ended_at"]),
)


def upgrade() -> None:
    for name, table, columns in _NEW:
        op.create_index(name, table, columns)
    for table, column in _GONE:
        op.drop_index(f"ix_{table}_{column}", table)
