"""Staff, links, sign-ups; quote and progress of requests; HTML mails; the portal's secret."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_subject"), ["subject"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("touched", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_form", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("address_form", name=op.f("uq_staff_address_form")),
    )
    op.create_table(
        "sign_ups",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_form", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("customer", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer"], ["customers.id"], name=op.f("fk_sign_ups_customer")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_ups")),
    )
    with op.batch_alter_table("sign_ups", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_ups_address_form"), ["address_form"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_ups_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "files",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("request", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Integer(), nullable=True),
        sa.Column("uncounted", sa.String(length=20), nullable=True),
        sa.Column("person", sa.String(length=40), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["requests.id"], name=op.f("fk_files_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_files_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_files_request"), ["request"], unique=False)

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("registration_code", sa.String(length=20), nullable=True)
        )
        batch_op.create_index(
            batch_op.f("ix_customers_registration_code"), ["registration_code"], unique=True
        )

    op.create_index("ix_customers_name_id", "customers", ["name", "id"], unique=False)
    op.create_index("ix_contacts_name_id", "contacts", ["name", "id"], unique=False)

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("staff", sa.String(length=40), nullable=True))
        batch_op.alter_column("contact", existing_type=sa.VARCHAR(length=40), nullable=True)
        batch_op.create_index(batch_op.f("ix_links_staff"), ["staff"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_links_staff"), "staff", ["staff"], ["id"]
        )

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("html", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("portal", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("secret", sa.String(length=64), server_default="", nullable=False)
        )

    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cost", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("currency", sa.String(length=3), nullable=True))
        batch_op.add_column(sa.Column("expires_at", sa.String(length=20), nullable=True))
        batch_op.add_column(
            sa.Column("progress", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("accepted_at", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("delivered_at", sa.String(length=20), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_requests_expires_at"), ["expires_at"], unique=False
        )

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("staff", sa.String(length=40), nullable=True))
        batch_op.alter_column("contact", existing_type=sa.VARCHAR(length=40), nullable=True)
        batch_op.create_index(batch_op.f("ix_sessions_staff"), ["staff"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_sessions_staff"), "staff", ["staff"], ["id"]
        )

    with op.batch_alter_table("settings", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "activation",
                sa.JSON(none_as_null=True),
                server_default='{"expire_after_days":14}',
                nullable=False,
            )
        )

    op.execute(
        sa.text("UPDATE portal SET secret = :secret").bindparams(
            secret=secrets.token_hex(32)
        )
    )
