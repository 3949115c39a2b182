"""The portal's name is empty until an administrator sets one; then readers see a default name in
their language.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE portal SET name = '' WHERE name = 'Customer portal'")
