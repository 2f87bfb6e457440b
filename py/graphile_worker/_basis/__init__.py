"""The base of all other rooms: errors, backoff, services, printable text, JSON text, the version."""
