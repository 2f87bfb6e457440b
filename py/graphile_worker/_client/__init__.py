"""The asyncio client, and the plain one that is generated from it."""
