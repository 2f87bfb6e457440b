"""The admin page: what an operator opens in a browser. Needs the extra: `pip install 'graphile-worker[admin]'`.

>>> from graphile_worker.admin import BearerAuth, create_app  # doctest: +SKIP
>>> app.mount("/jobs", create_app(database_url, auth=BearerAuth(token)))  # doctest: +SKIP
"""

from __future__ import annotations

from ._app import AdminApp, create_app
from ._door.auth import Auth, BasicAuth, BearerAuth, HeaderAuth, NoAuth
from ._serve import serve

__all__ = ["AdminApp", "Auth", "BasicAuth", "BearerAuth", "HeaderAuth", "NoAuth", "create_app", "serve"]
