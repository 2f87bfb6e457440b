"""The files of the page: read once, served by their exact names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ._problems import Problem

FOLDER = resources.files("graphile_worker.admin") / "assets"
# Not the machine's table of types: with nosniff a module of the wrong type does not run.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_INDEX = "index.html"
_ICON = "favicon.svg"


def _files(folder: Traversable, below: str = "") -> Iterator[tuple[str, bytes]]:
    """Yields the files of a folder with their names, those of its folders included; the folder may be in a zip."""
    for path in folder.iterdir():
        if path.is_dir():
            yield from _files(path, f"{below}{path.name}/")
        elif Path(path.name).suffix in _TYPES:
            yield f"{below}{path.name}", path.read_bytes()


class Assets:
    """All files of a folder. No request names a path in the file system, so none can leave the folder."""

    def __init__(self, folder: Traversable = FOLDER, *, private: bool) -> None:
        self._files = dict(sorted(_files(folder)))
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        self.tag = digest.hexdigest()[:16]
        self._caching = f"{'private' if private else 'public'}, max-age=3600"
        # By a name that changes with any of them: after an upgrade no module meets an older one from the cache.
        self._page = self._files[_INDEX].replace(b'"assets/', f'"assets/{self.tag}/'.encode())

    async def page(self, _request: Request) -> Response:
        return Response(self._page, media_type=_TYPES[".html"])

    async def asset(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        return self._answer(request, name.removeprefix(f"{self.tag}/"))

    async def icon(self, request: Request) -> Response:
        return self._answer(request, _ICON)

    def _answer(self, request: Request, name: str) -> Response:
        content = self._files.get(name)
        if content is None or name == _INDEX:
            return Problem(404, "not_found", "there is nothing at this address").response()
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"cache-control": self._caching, "etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])
