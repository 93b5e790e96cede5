"""The web server: gunicorn with threads, one application per worker process."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from dashboards.app import create_app
from dashboards.house import House
from dashboards.pages import pages
from dashboards.warm import keep_warm
from fracas.keys import secret_of_environment
from warehouse.settings import Home

# From glibc's malloc.h.
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
# Larger pieces are taken from the system one by one and go back as they are freed: left alone, the C library raises this
# with what it sees, up to 32 MB, and keeps the arrays of every question.
_MAPPED_FROM_BYTES = 256 * 1024
_GIVE_BACK_EVERY_SECONDS = 10.0


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
        app = create_app(self.home)
        keep_warm(app.desk, app.house)
        return app.server


def _lighten(_arbiter: Any, _worker: Any) -> None:
    """Keep a worker small. DuckDB looks for pandas when it binds a value, which loads it (50 MB); nobody needs it here.

    Memory that threads have given back is kept apart for each of them, in many arenas, unless there are few.
    """
    sys.modules["pandas"] = None  # type: ignore[assignment]
    with suppress(OSError, AttributeError):  # not every system's C library has it
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
        threading.Thread(target=_give_back, args=(libc.malloc_trim,), name="give back", daemon=True).start()


def _give_back(malloc_trim: Callable[[int], int]) -> None:
    """Give memory that is free back to the system every now and then; left alone, the C library keeps most of it."""
    while True:
        time.sleep(_GIVE_BACK_EVERY_SECONDS)
        malloc_trim(0)


def _leave(_arbiter: Any, _worker: Any) -> None:
    """End a worker without taking the interpreter apart: done while DuckDB's threads live, that aborts the process.

    A worker only reads and has answered its requests by now, so there is nothing to save.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def run(home: Home, host: str = "127.0.0.1", port: int = 8050, workers: int = 2, threads: int = 4) -> None:
    """Serve an installation until Ctrl-C or SIGTERM. Raises UserError for settings that are wrong.

    Each thread that answers takes memory while it does (some 30 MB): more of them than a few per core only share it.
    """
    # Said here in a sentence, not by every worker in a traceback; and the register's tables are made before workers race for it.
    House(home, secret_of_environment()).engine.dispose()
    # What is loaded before the fork is in memory once, as long as the garbage collector does not write to it.
    pages()
    gc.collect()
    gc.freeze()
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
        "post_fork": _lighten,
        "worker_exit": _leave,
    }
    Server(home, options).run()
