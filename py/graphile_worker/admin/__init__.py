"""The admin page: what an operator opens in a browser. Needs the extra: `pip install 'graphile-worker[admin]'`.

`create_app` makes an ASGI application, `serve` serves it alone, on 127.0.0.1:4000 unless told otherwise; the command
`graphile-worker admin` does on 127.0.0.1:5678.

>>> from graphile_worker.admin import BearerAuth, create_app  # doctest: +SKIP
>>> app.mount("/jobs", create_app(database_url, auth=BearerAuth(token)))  # doctest: +SKIP
"""

from __future__ import annotations

from ._app import AdminApp, create_app
from ._door.auth import Auth, BasicAuth, BearerAuth, HeaderAuth, NoAuth
from ._serve import serve

__all__ = ["AdminApp", "Auth", "BasicAuth", "BearerAuth", "HeaderAuth", "NoAuth", "create_app", "serve"]
