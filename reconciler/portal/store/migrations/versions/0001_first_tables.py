"""the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column(
            "revision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("change", sa.String(length=64), nullable=True),
        sa.Column("run", sa.String(length=200), nullable=True),
        sa.Column("commit", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("revision", "seq", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changes_id"), ["id"], unique=False)

    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("external_key", sa.String(length=63), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("applied", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("touched", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_form", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("project_managers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("services", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("email_domains", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("archived", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("last_commit", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("name_form", name=op.f("uq_customers_name_form")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customers_revision"), ["revision"], unique=False
        )
        batch_op.create_index(
            "uq_customers_owner_external_key",
            ["owner", "external_key"],
            unique=True,
            sqlite_where=sa.text("status <> 'archived'"),
            postgresql_where=sa.text("status <> 'archived'"),
        )

    op.create_table(
        "idempotency",
        sa.Column("principal", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "leases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "token", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        sa.UniqueConstraint("token", name=op.f("uq_leases_token")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("contact", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.String(length=20), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_contact"), ["contact"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_revision"), ["revision"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_state"), ["state"], unique=False)

    op.create_table(
        "portal",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_portal")),
    )
    op.create_table(
        "services",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("external_key", sa.String(length=63), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("applied", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("touched", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("code", sa.String(length=63), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("workflows", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("available_to_all", sa.Boolean(), nullable=False),
        sa.Column("price", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("code", name=op.f("uq_services_code")),
    )
    with op.batch_alter_table("services", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_services_revision"), ["revision"], unique=False
        )

    op.create_table(
        "settings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("external_key", sa.String(length=63), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("applied", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("touched", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sign_up", sa.String(length=20), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("offers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("branding", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
    )
    with op.batch_alter_table("settings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_settings_revision"), ["revision"], unique=False
        )

    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("external_key", sa.String(length=63), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("applied", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("touched", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("customer", sa.String(length=40), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_form", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("services", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("removed", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("registration", sa.String(length=40), nullable=True),
        sa.Column("fingerprint", sa.String(length=80), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("invited_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer"], ["customers.id"], name=op.f("fk_contacts_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("address_form", name=op.f("uq_contacts_address_form")),
        sa.UniqueConstraint("registration", name=op.f("uq_contacts_registration")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contacts_customer"), ["customer"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contacts_revision"), ["revision"], unique=False
        )
        batch_op.create_index("ix_contacts_status", ["status"], unique=False)
        batch_op.create_index(
            "uq_contacts_customer_external_key",
            ["customer", "external_key"],
            unique=True,
            sqlite_where=sa.text("status <> 'removed'"),
            postgresql_where=sa.text("status <> 'removed'"),
        )

    op.create_table(
        "lease_scopes",
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["lease"], ["leases.id"], name=op.f("fk_lease_scopes_lease"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_lease_scopes")),
    )
    with op.batch_alter_table("lease_scopes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lease_scopes_lease"), ["lease"], unique=False)

    op.create_table(
        "links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.String(length=20), nullable=False),
        sa.Column("used_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact"], ["contacts.id"], name=op.f("fk_links_contact")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_contact"), ["contact"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_links_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("customer", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=63), nullable=True),
        sa.Column("workflow", sa.String(length=30), nullable=True),
        sa.Column("source_language", sa.String(length=35), nullable=False),
        sa.Column("target_languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("deadline", sa.String(length=20), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer"], ["customers.id"], name=op.f("fk_requests_customer")
        ),
        sa.ForeignKeyConstraint(["owner"], ["contacts.id"], name=op.f("fk_requests_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_requests_customer"), ["customer"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_requests_owner"), ["owner"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_requests_revision"), ["revision"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_requests_state"), ["state"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("used_at", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact"], ["contacts.id"], name=op.f("fk_sessions_contact")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_contact"), ["contact"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("contact", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact"], ["contacts.id"], name=op.f("fk_tokens_contact")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tokens")),
        sa.UniqueConstraint("id", name=op.f("uq_tokens_id")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_contact"), ["contact"], unique=False)
