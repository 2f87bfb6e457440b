"""Connections, what they read and write, and how statements travel on them."""
