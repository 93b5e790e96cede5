"""The scheduler on one machine: a Prefect server on loopback and the deployments of `prefect.yaml` served beside it."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from fracas.watch.timetable import SCHEDULER_ALIVE, Timed, timetable
from pipelines.children import end_with_parent
from pipelines.wishes import ADDRESS
from warehouse.settings import Home

_ROOT = Path(__file__).parent.parent
_UP_WITHIN_SECONDS = 180.0
_ENDS_WITHIN_SECONDS = 15.0


def environment(home: Path, port: int) -> dict[str, str]:
    """Environment for Prefect: everything below the installation's folder, on loopback, calling nobody."""
    return {
        **os.environ,
        "FAULTLOOP_HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": os.environ.get("PREFECT_LOGGING_LEVEL", "WARNING"),
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
    }


def free_port() -> int:
    """Some port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(timed: Timed, zone: str) -> Any:
    """One deployment of `prefect.yaml` as Prefect serves it; times of day are those of a zone."""
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule  # noqa: PLC0415
    from prefect.deployments.runner import EntrypointType  # noqa: PLC0415

    file, name = timed.entrypoint.split(":")
    flow = getattr(import_module(file.removesuffix(".py").replace("/", ".")), name)
    schedule = (
        CronSchedule(cron=timed.cron, timezone=zone)
        if timed.cron
        else IntervalSchedule(interval=timedelta(seconds=timed.interval or 0), anchor_date=timed.anchored_at)
    )
    return flow.to_deployment(
        name=timed.deployment,
        description=timed.description,
        schedules=[schedule],
        parameters=timed.parameters,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def wait_until_up(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; RuntimeError when it ended or took too long."""
    deadline = time.monotonic() + _UP_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the Prefect server ended with status {server.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2):  # loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"the Prefect server did not answer within {_UP_WITHIN_SECONDS:.0f} s")


def serve_deployments(home: Home) -> None:
    """Serve the deployments of `prefect.yaml` on the server that the environment names, until interrupted."""
    from prefect import serve  # noqa: PLC0415

    zone = home.settings.time_zone
    serve(*(served(timed, zone) for timed in timetable()), print_starting_message=False)


def stop(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Ask a child to end, and end it if it does not."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(_ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def supervise(home: Path, port: int) -> int:
    """Run the server and, beside it, what serves the deployments; returns when either ends, or SystemExit is raised.

    Serving is a process of its own because Prefect's runner takes SIGTERM over and raises inside its event loop; it
    ends in order on SIGINT.
    """

    def child(number: signal.Signals, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=environment(home, port),
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # ended by us and in order, not by the terminal's Ctrl-C
            preexec_fn=end_with_parent(number),  # noqa: PLW1509  # one thread so far
        )

    server = child(signal.SIGTERM, "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    serving = None
    try:
        wait_until_up(port, server)
        # Without us its server is gone as well, and Prefect's runner would wait for it in vain.
        serving = child(signal.SIGKILL, "pipelines.schedule", "--serve")
        (home / ADDRESS).parent.mkdir(parents=True, exist_ok=True)
        (home / ADDRESS).write_text(environment(home, port)["PREFECT_API_URL"], encoding="ascii")
        while server.poll() is None and serving.poll() is None:
            (home / SCHEDULER_ALIVE).touch()
            time.sleep(0.3)
        return 1
    finally:
        (home / ADDRESS).unlink(missing_ok=True)
        (home / SCHEDULER_ALIVE).unlink(missing_ok=True)
        if serving is not None:
            stop(serving, signal.SIGINT)
        stop(server, signal.SIGTERM)


def main() -> int:
    """Supervise until told to stop; with --serve be the one that serves."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.schedule", description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--port", type=int, help="of the Prefect server (default: any free one)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_deployments(Home.find())
        return 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    # A new port at every start: the server of a scheduler that was killed may not be quite gone.
    return supervise(options.home, options.port or free_port())


if __name__ == "__main__":
    sys.exit(main())
