"""Attend as it is served, with the seconds that a page took in its answer's head: what waits before the server is not its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

import app

HEAD = "Server-Timing"


def serve() -> Flask:
    """The application."""
    served = app.serve()
    inner: Callable[..., Iterable[bytes]] = served.wsgi_app

    def timed(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()

        def begin(status: str, heads: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [*heads, (HEAD, f"app;dur={1000 * (time.perf_counter() - began):.3f}")], *rest)

        return inner(environ, begin)

    served.wsgi_app = timed  # type: ignore[method-assign]
    return served
