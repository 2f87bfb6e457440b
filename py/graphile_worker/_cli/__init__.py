"""The command `graphile-worker`: what people and scripts do with the queue."""
