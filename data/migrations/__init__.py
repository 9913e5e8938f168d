"""Schema history, replayed by Alembic."""
