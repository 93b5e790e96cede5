"""Asks the process that looks at sources (`pipelines.asked`): a request and an answer, with an end to patience (decision 0017)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from bilingual.errors import UserError
from fracas.keys import OURS
from warehouse.settings import Home

_SECONDS = 60.0
_WAIT_SECONDS = 10.0
# Each of them takes as much memory as a worker of the web server, or more.
_one = threading.BoundedSemaphore(1)
_FEW_THREADS = {"POLARS_MAX_THREADS": "2", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def ask(home: Home, question: str, **more: Any) -> dict[str, Any]:
    """The answer to a question about a source. UserError for what cannot be done, takes too long, or broke the process."""
    if not _one.acquire(timeout=_WAIT_SECONDS):
        raise UserError(
            en="Somebody else is trying a source just now; try again in a moment.",
            zh="其他人正在试运行来源；请稍后再试。",
        )
    try:
        answer = _answer({"ask": question, "home": str(home.path), **more})
    finally:
        _one.release()
    if error := answer.get("error"):
        raise UserError(**error)
    return answer


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not OURS.fullmatch(name)}
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines.asked"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | _FEW_THREADS,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(json.dumps(request).encode(), timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            raise UserError(
                en="The source did not answer within {n} s; try a smaller part of it, or look whether its server is well.",
                zh="来源在 {n} 秒内没有响应；请用较小的部分再试，或检查其服务器。",
                n=round(_SECONDS),
            ) from None
        finally:
            # Whatever it started goes with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    try:
        return dict(json.loads(said))
    except ValueError:
        raise UserError(
            en="Reading this took more memory or time than a look may have, or broke the reader; nothing else was harmed. Try a "
            "smaller part of it, or save the file anew.",
            zh="读取时超出内存或时间上限，或读取程序崩溃；其他部分未受影响。请用较小的部分再试，或将文件重新保存。",
        ) from None
