"""Give each category a slug, made from its name, for its address."""

import re

from sqlalchemy import Connection, text


def upgrade(connection: Connection) -> None:
    """Add the column, fill it, and only then make it unique."""
    connection.execute(text("ALTER TABLE category ADD COLUMN slug TEXT NOT NULL DEFAULT ''"))
    for row in connection.execute(text("SELECT id, name FROM category")).all():
        slug = re.sub(r"[^a-z0-9]+", "-", row.name.lower()).strip("-")
        connection.execute(
            text("UPDATE category SET slug = :slug WHERE id = :id"), {"slug": slug, "id": row.id}
        )
    connection.execute(text("CREATE UNIQUE INDEX category_slug ON category (slug)"))
