"""The one error of the embedded server."""

from .._basis.errors import GraphileWorkerError


class EmbeddedServerError(GraphileWorkerError):
    """The embedded server cannot be found, set up, started or stopped; the message says why and what to do."""
