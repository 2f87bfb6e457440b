"""Who gets into the admin page, and who does not."""

from __future__ import annotations

import logging
import re
from typing import Any

import httpx
import pytest

from graphile_worker import InvalidArgument
from graphile_worker.admin import AdminApp, Auth, BasicAuth, BearerAuth, HeaderAuth, NoAuth, create_app
from graphile_worker.admin._door.devices import COOKIE
from graphile_worker.admin._door.throttle import TRIES
from tests.py.support.admin import basic, bearer, browser

NOWHERE = "postgresql://127.0.0.1:1/nowhere"
TOKEN_HEADER = "x-graphile-worker-admin-token"


async def status(auth: Auth, headers: Any = None, path: str = "/api/crontabs-not-there", **options: Any) -> int:
    """404 for whoever is let in: there is nothing at that address."""
    async with browser(create_app(NOWHERE, auth=auth), **options) as http:
        return (await http.get(path, headers=headers)).status_code


@pytest.mark.parametrize(
    ("auth", "good"),
    [
        (BasicAuth(password="pass:word ü"), basic("admin", "pass:word ü")),
        (BasicAuth("ada", "lovelace"), basic("ada", "lovelace")),
        (BearerAuth("t0ken"), bearer("t0ken")),
        (BearerAuth("t0ken"), {"authorization": "bearer  t0ken"}),
        (HeaderAuth("t0ken"), {TOKEN_HEADER: "t0ken"}),
        (HeaderAuth("t0ken", header_name="X-Ops"), {"x-ops": "t0ken"}),
    ],
)
async def test_the_right_secret_opens(auth: Auth, good: dict[str, str]) -> None:
    assert await status(auth, good) == 404
    assert await status(auth) == 401


BASIC = BasicAuth(password="pw")
BEARER = BearerAuth("t0ken")
HEADER = HeaderAuth("t0ken")


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        (BASIC, basic("admin", "")),
        (BASIC, basic("admin", "pw ")),
        (BASIC, basic("root", "pw")),
        (BASIC, basic("admin:pw", "")),
        (BASIC, bearer("pw")),
        (BASIC, {"authorization": "Basic"}),
        (BASIC, {"authorization": "Basic !!!"}),
        (BASIC, {"authorization": "Basic YWRtaW46cHc"}),
        (BASIC, {"authorization": basic("admin", "pw")["authorization"] + "x"}),
        (BASIC, {"proxy-authorization": basic("admin", "pw")["authorization"]}),
        (BASIC, {"x-forwarded-user": "admin"}),
        (BEARER, bearer("t0ke")),
        (BEARER, bearer("t0ken2")),
        (BEARER, bearer("T0KEN")),
        (BEARER, {"authorization": "t0ken"}),
        (BEARER, {"authorization": "Basic t0ken"}),
        (BEARER, {"authorization": "Bearer x, Bearer t0ken"}),
        (BEARER, {"cookie": "token=t0ken; authorization=Bearer t0ken"}),
        (BEARER, {TOKEN_HEADER: "t0ken"}),
        (BEARER, {"x-original-authorization": "Bearer t0ken"}),
        (HEADER, {TOKEN_HEADER: ""}),
        (HEADER, {TOKEN_HEADER: "t0ken, t0ken"}),
        (HEADER, {TOKEN_HEADER.replace("-", "_"): "t0ken"}),
        (HEADER, bearer("t0ken")),
    ],
)
async def test_anything_else_does_not(auth: Auth, headers: dict[str, str]) -> None:
    assert await status(auth, headers) == 401
    assert await status(auth, headers, path="/api/session?token=t0ken&authorization=t0ken") == 401


@pytest.mark.parametrize(
    ("auth", "name", "good"),
    [
        (BASIC, "authorization", basic("admin", "pw")["authorization"]),
        (BEARER, "authorization", "Bearer t0ken"),
        (HEADER, TOKEN_HEADER, "t0ken"),
    ],
)
async def test_a_secret_next_to_another_is_refused(auth: Auth, name: str, good: str) -> None:
    # A proxy in front may have judged the first, and added the second, or the other way round.
    for values in ((good, "x"), ("x", good), (good, good)):
        assert await status(auth, [(name, value) for value in values]) == 401


async def test_a_browser_is_asked_for_a_password_also_for_the_page() -> None:
    async with browser(create_app(NOWHERE, auth=BASIC)) as http:
        for path in ("/", "/assets/app.js", "/favicon.ico", "/api/session", "/nothing"):
            response = await http.get(path)
            assert response.status_code == 401
            assert response.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(("auth", "name"), [(BEARER, "authorization"), (HEADER, TOKEN_HEADER)])
async def test_the_page_comes_without_a_token_and_its_data_do_not(auth: Auth, name: str) -> None:
    async with browser(create_app(NOWHERE, auth=auth)) as http:
        for path in ("/", "/assets/app.js", "/favicon.ico"):
            assert (await http.get(path)).status_code == 200
        error = (await http.get("/api/session")).json()["error"]
    assert error["code"] == "unauthorized"
    assert (error["auth"], error["header_name"]) == (auth.mode, name)


@pytest.mark.parametrize(
    "path", ["/api/session", "//api/session", "/assets/../api/session", "/assets/%2e%2e/api/session"]
)
async def test_no_spelling_of_an_address_leads_around_the_door(path: str) -> None:
    async with browser(create_app(NOWHERE, auth=BEARER)) as http:
        request = http.build_request("GET", "/")
        request.url = httpx.URL("http://localhost").copy_with(raw_path=path.encode())
        response = await http.send(request)
    assert response.status_code in (401, 404)
    assert "csrf" not in response.text


async def test_without_a_password_only_this_machine_gets_in() -> None:
    assert await status(NoAuth()) == 404
    assert await status(NoAuth(), address="::1") == 404
    assert await status(NoAuth(), address="192.0.2.1") == 403
    assert await status(NoAuth(), address="testclient") == 403
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "x-forwarded-host", "Via"):
        assert await status(NoAuth(), {name: "127.0.0.1"}) == 403


async def test_the_host_application_may_know_who_it_is() -> None:
    auth = NoAuth(host_app_authenticates=True)
    assert await status(auth, {"x-forwarded-for": "192.0.2.1"}, address="192.0.2.7", host="ops.example.com") == 404


def test_secrets_that_are_none_are_refused() -> None:
    for make in (
        lambda: BasicAuth(password=""),
        lambda: BasicAuth("a:b", "pw"),
        lambda: BasicAuth("", "pw"),
        lambda: BearerAuth(""),
        lambda: BearerAuth("two\nlines"),
        lambda: BearerAuth(" padded "),
        lambda: HeaderAuth("ünicode"),
        lambda: HeaderAuth("good", header_name="not a name"),
        lambda: HeaderAuth("good", header_name="Host"),
        lambda: HeaderAuth("good", header_name="x-graphile-worker-admin-csrf"),
    ):
        with pytest.raises(InvalidArgument):
            make()


def test_a_password_is_made_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GRAPHILE_WORKER_ADMIN_PASSWORD", raising=False)
    made = [create_app(NOWHERE).auth for _ in range(2)]
    assert all(isinstance(auth, BasicAuth) and len(auth.password) >= 20 for auth in made)
    assert made[0].password != made[1].password
    assert made[0].password in capsys.readouterr().err
    monkeypatch.setenv("GRAPHILE_WORKER_ADMIN_PASSWORD", "given")
    assert create_app(NOWHERE).auth.password == "given"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", [BearerAuth, HeaderAuth])
async def test_a_token_is_made_when_none_is_given(kind: type[BearerAuth | HeaderAuth]) -> None:
    made = [kind() for _ in range(2)]
    assert made[0].token != made[1].token
    assert len(made[0].token) >= 20
    for auth, of_which, expected in ((made[0], made[0], 404), (made[0], made[1], 401)):
        value = f"Bearer {of_which.token}" if kind is BearerAuth else of_which.token
        assert await status(auth, {auth.header_name: value}) == expected
    assert (made[0].is_generated, kind("given").is_generated) == (True, False)
    assert made[0].token not in repr(made[0])


async def test_secrets_stay_out_of_logs_and_representations(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for auth, headers in (
        (BASIC, basic("admin", "guess")),
        (BEARER, bearer("guess")),
        (HEADER, {TOKEN_HEADER: "guess"}),
    ):
        await status(auth, headers)
        assert auth.secret.decode() not in repr(auth)
    assert "a wrong bearer secret from 127.0.0.1" in caplog.text
    assert "guess" not in caplog.text
    assert "t0ken" not in caplog.text


async def test_wrong_tries_are_bounded_and_no_right_one_shows_through() -> None:
    app = create_app(NOWHERE, auth=BEARER)
    async with browser(app) as http:
        for _ in range(TRIES):
            assert (await http.get("/api/x", headers=bearer("guess"))).status_code == 401
        for token in ("guess", "t0ken"):
            response = await http.get("/api/x", headers=bearer(token))
            assert response.status_code == 429
            assert 1 <= int(response.headers["retry-after"]) <= 6
        # Who sends nothing guesses nothing.
        assert (await http.get("/api/x")).status_code == 401
    async with browser(app, address="192.0.2.9") as http:
        assert (await http.get("/api/x", headers=bearer("t0ken"))).status_code == 404


async def exhaust(app: AdminApp, wrong: dict[str, str], **options: Any) -> None:
    """Has somebody at this address use up his tries."""
    async with browser(app, **options) as http:
        while (await http.get("/api/x", headers=wrong)).status_code != 429:
            pass


async def test_a_stranger_at_the_same_address_does_not_lock_out_who_was_in() -> None:
    app = create_app(NOWHERE, auth=BASIC)
    right, wrong = basic("admin", "pw"), basic("admin", "guess")
    async with browser(app) as operator:
        first = await operator.get("/", headers=right)
        assert re.fullmatch(rf"{COOKIE}=\w+\.\w+; Max-Age=\d+; HttpOnly; SameSite=Lax", first.headers["set-cookie"])
        await exhaust(app, wrong)
        again = await operator.get("/", headers=right)
        assert (again.status_code, "set-cookie" in again.headers) == (200, False)
        # It opens nothing by itself, and has its own count of wrong tries.
        assert (await operator.get("/")).status_code == 401
        cookie = operator.cookies[COOKIE]
        await exhaust(app, wrong, cookies={COOKIE: cookie})
        assert (await operator.get("/", headers=right)).status_code == 429
    # One that was made up is none.
    for made_up in (cookie[:-1], cookie + "x", "x" + cookie, "." + cookie.partition(".")[2], ".", "ü"):
        async with browser(app, headers={"cookie": f"{COOKIE}={made_up}".encode()}) as stranger:
            assert (await stranger.get("/", headers=right)).status_code == 429


async def test_a_cookie_of_another_password_is_of_no_use() -> None:
    async with browser(create_app(NOWHERE, auth=BasicAuth(password="old"))) as http:
        await http.get("/", headers=basic("admin", "old"))
        app = create_app(NOWHERE, auth=BASIC)
        await exhaust(app, basic("admin", "guess"))
        async with browser(app, cookies=http.cookies) as later:
            assert (await later.get("/", headers=basic("admin", "pw"))).status_code == 429


async def test_a_proxy_that_is_trusted_says_who_tries() -> None:
    app = create_app(NOWHERE, auth=BEARER, trusted_proxies=["127.0.0.0/8", "10.0.0.1"])
    await exhaust(app, bearer("guess"), headers={"x-forwarded-for": "198.51.100.9, 192.0.2.66, 10.0.0.1"})
    for forwarded, expected in (
        ("192.0.2.66", 429),
        ("192.0.2.1, 192.0.2.66:4711", 429),
        ("192.0.2.66, 192.0.2.1", 404),
        ("192.0.2.66, not an address", 404),
        ("", 404),
    ):
        async with browser(app, headers={"x-forwarded-for": forwarded}) as http:
            assert (await http.get("/api/x", headers=bearer("t0ken"))).status_code == expected, forwarded
    # Whoever is no proxy says nothing about others, nor himself.
    await exhaust(app, bearer("guess"), address="192.0.2.7", headers={"x-forwarded-for": "192.0.2.8"})
    async with browser(app, address="192.0.2.7", headers={"x-forwarded-for": "192.0.2.9"}) as http:
        assert (await http.get("/api/x", headers=bearer("t0ken"))).status_code == 429


def test_an_address_of_a_proxy_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="bad address of a proxy"):
        create_app(NOWHERE, auth=BEARER, trusted_proxies=["localhost"])
