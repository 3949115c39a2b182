"""New address forms, in which look-alike addresses are equal.

If two people now have the same form, the one with the plain spelling keeps the login. The other
keeps the old form, so that nothing is lost, and needs another address to log in again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reconciler.portal.rules.equality import same_address_form

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    forms_in_use: set[str] = set()
    for name in ("staff", "contacts"):
        table = _table(name, "id")
        rows = connection.execute(
            sa.select(table).where(table.c.address_form.is_not(None)).order_by(table.c.id)
        ).all()
        forms_in_use |= {row.address_form for row in rows}
        for row in rows:
            form = same_address_form(row.email)
            if form != row.address_form and form not in forms_in_use:
                forms_in_use.add(form)
                connection.execute(
                    sa.update(table).where(table.c.id == row.id).values(address_form=form)
                )
    sign_ups = _table("sign_ups", "digest")
    for sign_up in connection.execute(sa.select(sign_ups)).all():
        form = same_address_form(sign_up.email)
        if form != sign_up.address_form:
            connection.execute(
                sa.update(sign_ups)
                .where(sign_ups.c.digest == sign_up.digest)
                .values(address_form=form)
            )


def _table(name: str, key: str) -> sa.TableClause:
    return sa.table(name, sa.column(key), sa.column("email"), sa.column("address_form"))
