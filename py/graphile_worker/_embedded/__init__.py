"""A PostgreSQL of one's own, without root, Docker or configuration: for development, demonstrations and tests."""

from ._errors import EmbeddedServerError
from ._server import EmbeddedServer

__all__ = ["EmbeddedServer", "EmbeddedServerError"]
