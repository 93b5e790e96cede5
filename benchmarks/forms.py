"""The register's forms and lists at 100,000 reports: how long the server takes to answer, from request to response."""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.reports import emptied, filled
from dashboards.app import Application, create_app
from demo.generate import generate
from fracas import similar
from fracas.database import reading
from fracas.model import Report
from fracas.permissions import Role
from fracas.states import State
from pipelines.refresh import refresh
from tests.visitors import EVERYTHING, known, logged_in
from warehouse.settings import Home

REPORTS, TIMES, TICKETS = 100_000, 30, 20_000
TARGET_MS = 300.0
LISTS = {
    "list of reports": "/reports",
    "its 500th page": "/reports?page=500",
    "list, a text looked for": "/reports?text=E-2041",
    "list, filtered": "/reports?state=monitoring&region=East&severity=degraded",
    "list, overdue": "/reports?which=overdue",
    "list, by number": "/reports?order=number",
    "list, by day of failure": "/reports?order=occurred",
    "board": "/reports/board",
    "board, overdue": "/reports/board?which=overdue",
    "my tasks": "/tasks",
    "review board": "/review",
    "knowledge base": "/knowledge?q=制动",
}
_FIRST = {"serial_no": "BR-2041", "component": "valve"}
_STEPS: tuple[dict[str, str], ...] = (
    {"occurred_at": "2026-03-01T08:30", "found_during": "operation"},
    {"symptom": "制动缸漏风 air leaks at the brake cylinder"},
    {"severity": "degraded", "effect": "train taken out of service"},
)


def home_of(scratch: Path) -> Home:
    """A demo organisation with a published snapshot, made once, and a register of many years beside it, made anew."""
    home = Home(scratch / "register")
    if home.exists and not any(home.snapshots.iterdir()):
        raise FileNotFoundError(f"{home.path} is half made; remove it")
    if not home.exists:
        generate(home.path, tickets=TICKETS)
        refresh(home)
    filled(emptied(home.path / "register.sqlite"), REPORTS).dispose()
    return home


def entered(app: Application, login: str, *roles: Role, **scope: Any) -> FlaskClient:
    """Somebody at work."""
    known(app, login, *roles, **scope)
    return logged_in(app, login)


def timed(ask: Callable[[], Any]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def looked(client: FlaskClient, address: str) -> Callable[[], None]:
    def ask() -> None:
        assert client.get(address).status_code == 200, address

    return ask


def written(client: FlaskClient) -> dict[str, list[float]]:
    """One report, screen by screen, from nothing to its number."""
    address = f"/reports/write/{secrets.token_urlsafe(18)}"
    times: dict[str, list[float]] = {"form begun": [], "form, next screen": [], "form submitted": []}

    def sent(step: int, values: dict[str, str], go: str) -> Callable[[], None]:
        def ask() -> None:
            answer = client.post(address, data={"step": step, "go": go, **values})
            assert answer.status_code == 302, answer.get_data(as_text=True)
            assert go == "next" or answer.location.startswith("/reports/FR-"), answer.location

        return ask

    times["form begun"].append(timed(sent(1, _FIRST, "next")))
    times["form, next screen"] += [timed(sent(n, values, "next")) for n, values in enumerate(_STEPS, 2)]
    times["form submitted"].append(timed(sent(5, {}, "submit")))
    return times


def saved(client: FlaskClient, report: Report) -> Callable[[], None]:
    """A group of a report's fields, as its page sends them."""

    def ask() -> None:
        values = {
            "version": report.version,
            "location": "seal ring",
            "mechanism": "it hardens",
            "cause": secrets.token_hex(4),
        }
        assert client.post(f"/reports/{report.id}/save/analysis", data=values).status_code == 302

    return ask


def asked(app: Application) -> dict[str, dict[str, list[float]]]:
    """Each of the addresses, by who asks."""
    people = {
        "all roles, all regions": entered(app, "everybody", *EVERYTHING),
        "technician, one region": entered(app, "tech", Role.TECHNICIAN, regions=["East"]),
        "engineer, one region": entered(app, "engineer", Role.QUALITY_ENGINEER, Role.TECHNICIAN, regions=["East"]),
    }
    with reading(app.house.engine) as session:
        here = (Report.region == "East") & (Report.state == State.ANALYSING)
        reports = session.scalars(select(Report).where(here).limit(TIMES)).all()
    similar.warm(app.house.engine)
    found: dict[str, dict[str, list[float]]] = {}
    for who, client in people.items():
        times: dict[str, list[float]] = {}
        for name, address in LISTS.items():
            if client.get(address).status_code == 200:
                times[name] = [timed(looked(client, address)) for _ in range(TIMES // 3)]
        times["a report"] = [timed(looked(client, f"/reports/{report.number}")) for report in reports]
        for _ in range(TIMES):
            for name, those in written(client).items():
                times.setdefault(name, []).extend(those)
        found[who] = times
    engineer = people["engineer, one region"]
    found["engineer, one region"]["a report's fields saved"] = [timed(saved(engineer, report)) for report in reports]
    return found


def run(scratch: Path) -> str:
    """Measure and tell."""
    app = create_app(home_of(scratch))
    found = asked(app)
    app.house.engine.dispose()
    lines = [
        "## Forms and lists of the register",
        "",
        f"{REPORTS:,} reports in SQLite; from request to response in one process. Target: {TARGET_MS:g} ms. Median and p95 in ms:",
        "",
        "| | " + " | ".join(found) + " |",
        "|---" * (len(found) + 1) + "|",
    ]
    for name in max(found.values(), key=len):
        cells = []
        for times in found.values():
            those = times.get(name)
            cells.append(
                f"{statistics.median(those):.0f} / {statistics.quantiles(those, n=20)[-1]:.0f}" if those else "–"
            )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
