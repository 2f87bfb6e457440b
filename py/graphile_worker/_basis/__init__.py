"""What every room may use: errors, backoff, services, printable text, JSON text, the version."""
