"""What every page of the demo has in common: headers, and no requests from other sites."""

from __future__ import annotations

from flask import Response, abort, request

POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"


def same_site() -> None:
    """403 for a form that another site sent: the demo has no accounts, so the origin is all there is."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin is not None and origin != request.host_url.rstrip("/"):
        abort(403)


def headers(response: Response) -> Response:
    """No script but our own, nothing kept in caches, nothing told to other sites."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"  # without it browsers send "Origin: null" with forms
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
