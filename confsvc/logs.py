"""Logging: lines for a terminal or JSON for a collector, with the request's number, never with a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from aiohttp.http_exceptions import HttpProcessingError

_SECRET_KEYS = re.compile(r"authorization|cookie|password|secret|token|csrf|jwt", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+|[?&](?:jwt|token|code)=)[^\s&\"']+|confsvc_[A-Za-z0-9_-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]+"
)

_ADDRESS = re.compile(r"[\w.!#$%&'*+=?^`{|}~-]{1,64}@(?=[A-Za-z0-9])")
"""Who is meant stands in the outbox, for those who may read it; here the office's domain is enough."""


def redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes out values under secret names, and inside texts what looks like a token and whose mail address it is."""
    for key, value in line.items():
        if _SECRET_KEYS.search(key):
            line[key] = "[removed]"
        elif isinstance(value, str):
            line[key] = _ADDRESS.sub("…@", _SECRET_TEXT.sub(lambda found: f"{found[1] or ''}[removed]", value))
    return line


class _Unreadable(logging.Filter):
    """A request that was no HTTP is the sender's fault and gets a line without what was sent: a piece of its head may
    be a session's cookie or the token of a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            record.msg, record.args, record.exc_info = "a request could not be read", (), None
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        return True


_UNREADABLE = _Unreadable()


def _console() -> structlog.dev.ConsoleRenderer:
    """Plain tracebacks: the pretty ones print local variables, and with them secrets."""
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def configure(*, json: bool = False, level: int = logging.INFO) -> None:
    """Set up structlog and send the standard library's loggers through the same way, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    written = structlog.processors.JSONRenderer(ensure_ascii=False) if json else _console()
    last: list[Any] = [structlog.processors.format_exc_info, redact, written]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("aiohttp.server").addFilter(_UNREADABLE)
    for chatty in ("aiohttp.access", "apscheduler", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
