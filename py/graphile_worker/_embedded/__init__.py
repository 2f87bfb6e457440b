"""A PostgreSQL of one's own, without root, Docker or configuration: for development, demonstrations and tests."""

from .errors import EmbeddedServerError
from .server import EmbeddedServer

__all__ = ["EmbeddedServer", "EmbeddedServerError"]
