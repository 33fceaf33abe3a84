"""The staff's pages as a whole: the guard before them, and every one of them."""

from __future__ import annotations

from flask import Flask, redirect, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.settings import Settings
from bot.web import account, admin, calendar, guard, inbox, single


def install(app: Flask, settings: Settings) -> None:
    """The inbox behind the guard, and the way in."""
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    guard.install(app, secure=settings.secure)
    app.add_url_rule("/", "home", lambda: redirect(url_for("inbox.index")))
    single.install(app, settings)
    for pages in (inbox, account, calendar, single, admin):
        app.register_blueprint(pages.blueprint)
