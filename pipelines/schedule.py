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
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from pipelines.children import end_with_parent

_ROOT = Path(__file__).parent.parent
_UP_WITHIN_SECONDS = 180.0


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


def deployments_file() -> Path:
    """`prefect.yaml` of the checkout, or the copy that a wheel carries."""
    for file in (_ROOT / "prefect.yaml", Path(__file__).parent / "prefect.yaml"):
        if file.exists():
            return file
    raise FileNotFoundError("prefect.yaml")


def served(deployment: dict[str, Any]) -> Any:
    """One deployment of `prefect.yaml` as Prefect serves it."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig  # noqa: PLC0415
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule  # noqa: PLC0415
    from prefect.deployments.runner import EntrypointType  # noqa: PLC0415

    file, name = deployment["entrypoint"].split(":")
    flow = getattr(import_module(file.removesuffix(".py").replace("/", ".")), name)
    schedules = [
        CronSchedule(cron=s["cron"], timezone=s.get("timezone"))
        if "cron" in s
        else IntervalSchedule(interval=s["interval"])
        for s in deployment.get("schedules", ())
    ]
    limit = deployment.get("concurrency_limit")
    return flow.to_deployment(
        name=deployment["name"],
        description=deployment.get("description"),
        schedules=schedules,
        concurrency_limit=ConcurrencyLimitConfig(**limit) if limit else None,
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


def main() -> None:
    """Run the server and serve the deployments until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, help="of the Prefect server (default: any free one)")
    options = parser.parse_args()
    # A new port at every start: the server of a scheduler that was killed may not be quite gone.
    options.port = options.port or free_port()
    os.environ.update(environment(options.home, options.port))
    os.chdir(_ROOT)
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(options.port)],
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # it is stopped by us, after what it serves, not by the terminal's Ctrl-C
        preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  # one thread so far
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        wait_until_up(options.port, server)
        from prefect import serve  # noqa: PLC0415

        raw = yaml.safe_load(deployments_file().read_text(encoding="utf-8"))
        serve(*(served(d) for d in raw["deployments"]), print_starting_message=False)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
