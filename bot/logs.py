"""Logs: one line of JSON an event, without patients' words, names or numbers (H-11)."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs() -> None:
    """Sets up structlog on standard error and keeps libraries that print numbers quiet."""
    logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # at INFO it logs numbers in URLs
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
