"""Tasks: the registry, signatures and payloads, and where handlers run."""
