"""The worker: wiring and lifecycle, dispatch, rounds with the database, services."""
