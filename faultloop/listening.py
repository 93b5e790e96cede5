"""Where the web application listens: the options that `up` and `web` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from faultloop.language import say

F = TypeVar("F", bound=Callable[..., Any])


def listening(command: F) -> F:
    """Give a command the options --host, --port and --workers."""
    host = click.option(
        "--host", default="127.0.0.1", show_default=True, help=say("Address to listen on.", "监听地址。")
    )
    port = click.option(
        "--port",
        default=8050,
        show_default=True,
        type=click.IntRange(1, 65535),
        help=say("Port to listen on.", "监听端口。"),
    )
    workers = click.option(
        "--workers",
        default=2,
        show_default=True,
        type=click.IntRange(1, 64),
        help=say("Web worker processes.", "网页工作进程数。"),
    )
    return host(port(workers(command)))
