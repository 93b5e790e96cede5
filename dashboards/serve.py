"""The web server: gunicorn with threads, one application per worker process."""

from __future__ import annotations

import os
import sys
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from dashboards.app import create_app
from warehouse.settings import Home


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has none
    """gunicorn with our application and options, no command line and no configuration file."""

    def __init__(self, home: Home, options: dict[str, Any]) -> None:
        self.home = home
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the options over."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application; called in each worker after it was forked, since no DuckDB connection survives a fork."""
        return create_app(self.home).server


def _leave(_arbiter: Any, _worker: Any) -> None:
    """End a worker without taking the interpreter apart: done while DuckDB's threads live, that aborts the process.

    A worker only reads and has answered its requests by now, so there is nothing to save.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def run(home: Home, host: str = "127.0.0.1", port: int = 8050, workers: int = 2, threads: int = 8) -> None:
    """Serve an installation until Ctrl-C or SIGTERM. Raises UserError for settings that are wrong."""
    _ = home.settings  # said here in a sentence, not by every worker in a traceback
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "preload_app": False,
        "control_socket_disable": True,
        "timeout": 120,
        "graceful_timeout": 10,
        "keepalive": 30,
        "max_requests": 0,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "proc_name": "faultloop-web",
        "worker_exit": _leave,
    }
    Server(home, options).run()
