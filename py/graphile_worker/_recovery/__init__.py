"""The thread that says a worker is alive, and takes back what dead workers hold."""
