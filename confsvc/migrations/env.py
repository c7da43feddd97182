"""How Alembic runs here: on a connection that ``confsvc.migrate`` hands over, in one transaction."""

from __future__ import annotations

from alembic import context

from confsvc.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
