"""The admin page served alone, and mounted in another application."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from graphile_worker import InvalidArgument
from graphile_worker.admin import BearerAuth, NoAuth, create_app, serve
from tests.py.support.admin import CSRF_HEADER, bearer, running


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "example.com"])
def test_nothing_is_served_to_others_without_a_password(host: str) -> None:
    with pytest.raises(InvalidArgument, match="without a password"):
        serve("postgresql://127.0.0.1:1/nowhere", host=host, port=0, auth=NoAuth())


@pytest.mark.parametrize("make", ["fastapi", "starlette", "root_path"])
def test_it_can_be_mounted_anywhere(shared_database: str, make: str) -> None:
    admin: Any = create_app(shared_database, auth=BearerAuth("secret"))
    prefix = "/internal/jobs"
    match make:
        case "fastapi":
            site: Any = FastAPI()
            site.mount(prefix, admin)
        case "starlette":
            site = Starlette(routes=[Mount("/internal", routes=[Mount("/jobs", admin)])])
        case _:

            async def site(scope: Any, receive: Any, send: Any) -> None:
                await admin({**scope, "root_path": prefix}, receive, send)

    with running(site) as address, httpx.Client(base_url=address, headers=bearer("secret")) as http:
        moved = http.get(prefix)
        assert moved.status_code == 307
        assert moved.headers["location"].endswith("jobs/")
        page = http.get(f"{prefix}/")
        (script,) = re.findall(r'src="(assets/[^"]+/app\.js)"', page.text)
        assert page.status_code == 200
        assert page.headers["x-frame-options"] == "DENY"
        module = http.get(f"{prefix}/{script}")
        assert (module.status_code, module.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert http.get(f"{prefix}/assets/app.js").content == module.content
        token = http.get(f"{prefix}/api/session").json()["csrf_token"]
        write = http.post(f"{prefix}/api/jobs", json={"identifier": "t"}, headers={CSRF_HEADER: token})
        assert write.status_code == 201
        del http.headers["authorization"]
        assert http.get(f"{prefix}/api/session").status_code == 401
        assert http.get(f"{prefix}//api/session").status_code in (401, 404)
