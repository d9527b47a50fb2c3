"""Run by Alembic: migrate over the connection, and in the transaction, of whoever asks."""

from alembic import context

from autocnn.store.schema import VERSION_TABLE
from autocnn.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
