"""Child processes that do not outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
from collections.abc import Callable


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: have Linux send the child this signal when its parent is gone, even by kill -9.

    None elsewhere, where a parent that is killed leaves its children running.
    """
    if sys.platform != "linux":
        return None

    def ask() -> None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, int(number))

    return ask
