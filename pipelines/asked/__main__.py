"""The process: limits before anything is loaded, one request in, one answer out, without any secret in it."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback
from typing import Any
from urllib.parse import quote

from pipelines.asked import answered
from pipelines.children import end_with_parent

# Of memory and of processor time; who asks gives up sooner.
_MEMORY, _SECONDS = 2 * 2**30, 120
_CORES = 2
# Shorter than this is no secret, and would be found in everything.
_SECRET = 4


def _limit() -> None:
    """Take no more of the machine than a look needs, and end with who asked."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if hasattr(os, "sched_setaffinity"):
        # Threads take memory each, and readers of the pages want the other cores.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    if ask := end_with_parent(signal.SIGKILL):
        ask()


def _secrets(request: Any) -> list[str]:
    """The values of all variables that a request names, as they are and as they stand in a URL."""
    from pipelines.environment import REFERENCE  # noqa: PLC0415  # after the limits

    text = json.dumps(request, ensure_ascii=False)
    values = {os.environ.get(name, "") for name in REFERENCE.findall(text)}
    return sorted({v for value in values for v in (value, quote(value, safe="")) if len(v) >= _SECRET}, key=len)[::-1]


def _without(value: Any, secrets: list[str]) -> Any:
    """A value with no secret in any of its texts."""
    if isinstance(value, dict):
        return {_without(name, secrets): _without(part, secrets) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without(part, secrets) for part in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "***")
    return value


def main() -> None:
    """Answer the request on stdin; what goes wrong in a way that nobody thought of is told without its details."""
    _limit()
    request = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr  # an answer is all that may stand there
    from bilingual.errors import UserError  # noqa: PLC0415

    answer: dict[str, Any]
    try:
        answer = answered(request)
    except UserError as error:
        answer = {"error": {"en": error.text.en, "zh": error.text.zh}}
    except MemoryError:
        answer = {
            "error": {
                "en": "This takes more memory than a look may have; try a smaller part of it.",
                "zh": "所需内存超出查看的上限；请用较小的部分再试。",
            }
        }
    except BaseException as error:  # readers of files panic, and a panic is no Exception
        traceback.print_exc()
        reason = str(error).strip().partition("\n")[0][:200]
        answer = {
            "error": {
                "en": f"This cannot be read or tried ({type(error).__name__}: {reason}); look at the mapping and the file.",
                "zh": f"无法读取或试运行（{type(error).__name__}：{reason}）；请检查映射与文件。",
            }
        }
    # A preset names its variables in the answer, not in the request.
    json.dump(_without(answer, _secrets([request, answer])), out, ensure_ascii=False, default=str)


if __name__ == "__main__":
    main()
