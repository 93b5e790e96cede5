"""Alembic's entry: the tables of the register are changed on the connection that fracas.database holds."""

from alembic import context

import fracas.watch.model  # noqa: F401  # its tables
from fracas.model import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
