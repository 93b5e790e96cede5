"""Contracts that come to an end, are renewed or lapse; what covers the machines; how new machines were handed over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bilingual.text import Text
from warehouse.failure_months import of_units
from warehouse.filters import Filters
from warehouse.metrics.measure import Count, Measure, Quotient
from warehouse.metrics.wording import count, share
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.records import Selection
from warehouse.service_findings import Finding, Share, share_of
from warehouse.service_units import units
from warehouse.settings import Settings

Step = Literal["list", "first", "weekly"]

DUE = Measure(
    "contracts_due",
    Text(en="Renewals on the list", zh="续约清单"),
    Text(
        en="Contracts and warranty cards that end within the months of the setting contract_list_months after the snapshot, and that no other follows yet. The period does not apply.",
        zh="快照日起、设置 contract_list_months 规定的月数内到期且尚无后续合同的合同与保修卡。不受时段筛选影响。",
    ),
    Text(en="contracts that end", zh="到期合同"),
    None,
    "count",
    Count("due"),
)
SOON = Measure(
    "contracts_soon",
    Text(en="Of these to be contacted", zh="其中应联系"),
    Text(
        en="Those that end within the months of the setting contract_contact_months: first contact now, then weekly.",
        zh="其中在设置 contract_contact_months 规定的月数内到期者：现在首次联系，此后每周一次。",
    ),
    Text(en="contracts that end soon", zh="即将到期合同"),
    None,
    "count",
    Count("soon"),
)
RENEWED = Measure(
    "contracts_renewed",
    Text(en="Renewed", zh="续约率"),
    Text(
        en="Of the contracts and warranty cards of machines that ended in the period, those that another contract followed on the same machine within the days of the setting contract_renewed_days. Only such as ended at least so long ago count.",
        zh="期内到期的设备合同与保修卡中，同一设备在设置 contract_renewed_days 规定的天数内有后续合同的比例；仅计已满该天数者。",
    ),
    Text(en="followed by another", zh="有后续合同"),
    Text(en="ended", zh="已到期"),
    "share",
    Quotient("renewed", "ended"),
    "higher",
)
LAPSED = Measure(
    "contracts_lapsed",
    Text(en="Lapsed, still calling", zh="脱保仍报修"),
    Text(
        en="Machines whose last contract or warranty card has ended and that called in the period, after it ended.",
        zh="最后一份合同或保修卡已到期、期内到期后仍报修的设备数。",
    ),
    Text(en="machines", zh="设备"),
    None,
    "count",
    Count("lapsed"),
    "lower",
)
COVERED = Measure(
    "units_covered",
    Text(en="Machines covered", zh="设备在保率"),
    Text(
        en="Machines in service that are under warranty or under contract on the day of the snapshot, of all in service.",
        zh="快照日在保修期内或合同期内的在用设备占全部在用设备的比例。",
    ),
    Text(en="under warranty or contract", zh="在保修期或合同期内"),
    Text(en="machines in service", zh="在用设备"),
    "share",
    Quotient("covered", "units"),
    "higher",
)
HANDED_OVER = Measure(
    "handed_over",
    Text(en="Handed over complete", zh="装机交付完整率"),
    Text(
        en="Machines commissioned in the period with training done, acceptance signed and parameters in order, of all commissioned.",
        zh="期内装机调试的设备中，已培训、已验收签字且参数合格的比例。",
    ),
    Text(en="complete", zh="交付完整"),
    Text(en="commissioned", zh="已装机"),
    "share",
    Quotient("complete", "commissioned"),
    "higher",
)


@dataclass(frozen=True)
class Rules:
    """Months before the end for the list and the first contact, days within which a contract counts as renewed."""

    list_months: int
    contact_months: int
    renewed_days: int
    maintenance_days: int

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """The rules of an installation."""
        return cls(
            settings.contract_list_months,
            settings.contract_contact_months,
            settings.contract_renewed_days,
            settings.first_maintenance_days,
        )


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day some months earlier, or the last of its month."""
    return months_after(day, -months)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last of its month."""
    index = day.year * 12 + day.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    last = dt.date((index + 1) // 12, (index + 1) % 12 + 1, 1) - dt.timedelta(days=1)
    return min(first + dt.timedelta(days=day.day - 1), last)


@dataclass(frozen=True)
class Due:
    """A contract that ends soon, and what to do about it: contact number `contact` since `on`; number 0 is only listed until then."""

    contract_id: str
    kind: str
    ends_on: dt.date
    price: float | None
    asset_id: str
    serial_no: str
    model: str
    region: str
    customer_id: str
    customer_name: str
    step: Step
    contact: int
    on: dt.date


def next_step(ends_on: dt.date, today: dt.date, contact_months: int) -> tuple[Step, int, dt.date]:
    """What is to be done: listed until the first contact, due so many months before the end; from then on one every week."""
    first = months_before(ends_on, contact_months)
    if today < first:
        return "list", 0, first
    weeks = (today - first).days // 7
    return ("weekly" if weeks else "first"), weeks + 1, first + dt.timedelta(days=7 * weeks)


@remembered
def due(reading: Reading, filters: Filters, rules: Rules) -> tuple[Due, ...]:
    """The renewal list, the next to end first. It stands at the snapshot: the period does not apply."""
    today = reading.as_of_on
    conditions, parameters = of_units(filters)
    sql = f"{question('contracts_due')} WHERE {conditions} ORDER BY ends_at, customer_id, contract_id"
    rows = reading.rows(sql, [months_after(today, rules.list_months), *parameters])
    steps = (next_step(row[2], today, rules.contact_months) for row in rows)
    return tuple(Due(*row, *step) for row, step in zip(rows, steps, strict=True))  # type: ignore[call-arg]


@dataclass(frozen=True)
class Lapsed:
    """A machine that calls without cover: since when, how often since then in the period, when last; the last price."""

    asset_id: str
    serial_no: str
    model: str
    region: str
    customer_id: str
    customer_name: str
    kind: str
    ended_on: dt.date
    price: float | None
    calls: int
    last_call: dt.date


@remembered
def lapsed(reading: Reading, filters: Filters) -> tuple[Lapsed, ...]:
    """Machines whose contract has lapsed and that still call, most calls first."""
    where, parameters = filters.where("opened_on")
    return tuple(Lapsed(*row) for row in reading.rows(question("contracts_lapsed").format(where=where), parameters))


@remembered
def ended(reading: Reading, filters: Filters, days: int) -> tuple[tuple[str, dt.date, int, int], ...]:
    """Contracts that ended in the period by kind and month: how many, and how many of them were renewed."""
    where, parameters = replace(filters, priority=(), service_kind=()).where("ends_at")
    sql = question("contracts_ended").format(where=where)
    return tuple((kind, month, n, k) for kind, month, n, k in reading.rows(sql, [days, *parameters, days]))


def renewed(rows: Sequence[tuple[str, dt.date, int, int]]) -> Share:
    """The share renewed."""
    return share_of(sum(r[3] for r in rows), sum(r[2] for r in rows))


COVERS = ("warranty", "contract", "none")


def covered(reading: Reading, filters: Filters) -> dict[str, tuple[int, int, int]]:
    """Machines in service by product line: how many are under warranty, under contract, and under neither."""
    held = units(reading)
    rows = held.chosen(filters) & held.is_in_service
    lines = held.values["product_line"]
    cell = held.codes["product_line"][rows].astype(np.int64) * len(COVERS) + held.cover[rows]
    counts = np.bincount(cell, minlength=len(lines) * len(COVERS)).reshape(-1, len(COVERS)).tolist()
    return {line: (n[0], n[1], n[2]) for line, n in zip(lines, counts, strict=True) if sum(n)}


@dataclass(frozen=True)
class Installation:
    """A machine that was commissioned; None where nobody says (or the first maintenance is not due yet)."""

    asset_id: str
    serial_no: str
    model: str
    region: str
    technician_id: str
    commissioned_on: dt.date
    training_done: bool | None
    is_accepted: bool
    parameters_ok: bool | None
    planned_on: dt.date | None
    done_on: dt.date | None
    is_in_time: bool | None

    @property
    def is_complete(self) -> bool:
        return bool(self.training_done) and self.is_accepted and bool(self.parameters_ok)


@remembered
def installations(reading: Reading, filters: Filters, time_zone: str, days: int) -> tuple[Installation, ...]:
    """Machines commissioned in the period, the latest first; `days` after its planned date a maintenance is late."""
    where, parameters = replace(filters, priority=(), service_kind=()).where("commissioned_on")
    sql = question("installations").format(where=where)
    return tuple(Installation(*row) for row in reading.rows(sql, [time_zone, *parameters, time_zone, days, days]))


CHECKS: dict[str, tuple[Text, Callable[[Installation], bool | None]]] = {
    "training": (Text(en="Training done", zh="已培训"), lambda i: i.training_done),
    "accepted": (Text(en="Acceptance signed", zh="已验收签字"), lambda i: i.is_accepted),
    "parameters": (Text(en="Parameters in order", zh="参数合格"), lambda i: i.parameters_ok),
    "maintenance": (Text(en="First maintenance in time", zh="首次保养按时"), lambda i: i.is_in_time),
}


def checked(found: Sequence[Installation]) -> dict[str, Share]:
    """Of the machines commissioned the share that passed each check, those left out of which nothing is known."""
    shares = {}
    for name, (_, passed) in CHECKS.items():
        known = [ok for i in found if (ok := passed(i)) is not None]
        shares[name] = share_of(sum(known), len(known))
    return shares


def complete(found: Sequence[Installation]) -> Share:
    """The share handed over complete."""
    return share_of(sum(i.is_complete for i in found), len(found))


_CALL = Text(
    en="{n} contracts end within {months} and are to be contacted now, {value} a year at stake; the next ends on {on} ({who}).",
    zh="{n} 份合同将在{months}内到期，应立即联系，涉及年金额 {value}；最近一份 {on} 到期（{who}）。",
)
_MONTH = Text(en="a month", zh=" 1 个月")
_MONTHS = Text(en="{n} months", zh=" {n} 个月")
_LAPSED = Text(
    en="{n} machines called {calls} times in the period after their contract had lapsed; {who} most ({most} machines).",
    zh="{n} 台脱保设备期内报修 {calls} 次；{who} 最多（{most} 台）。",
)
_OVER = Text(
    en="{n} of {all} machines commissioned in the period were not handed over complete; least: {check} ({share}).",
    zh="期内装机 {all} 台，其中 {n} 台交付不完整；最低项：{check}（{share}）。",
)


def findings(reading: Reading, filters: Filters, rules: Rules, handed: Sequence[Installation]) -> tuple[Finding, ...]:
    """Whom to call now, who calls without cover, what was not handed over."""
    sentences = []
    soon = [d for d in due(reading, filters, rules) if d.step != "list"]
    if soon:
        words = _CALL.format(
            n=count(len(soon)),
            months=_MONTH if rules.contact_months == 1 else _MONTHS.format(n=rules.contact_months),
            value=count(sum(d.price or 0 for d in soon)),
            on=soon[0].ends_on.isoformat(),
            who=soon[0].customer_name or soon[0].customer_id,
        )
        sentences.append(Finding(words, len(soon), window="soon"))
    still = lapsed(reading, filters)
    if still:
        machines: dict[str, int] = {}
        for machine in still:
            machines[machine.customer_id] = machines.get(machine.customer_id, 0) + 1
        worst = max(machines, key=lambda who: machines[who])
        name = next(m.customer_name for m in still if m.customer_id == worst) or worst
        words = _LAPSED.format(
            n=count(len(still)), calls=count(sum(m.calls for m in still)), who=name, most=machines[worst]
        )
        at = replace(filters, customer=(worst,))
        sentences.append(Finding(words, len(still), filters=at, selection=Selection()))
    if handed:
        done, checks = complete(handed), checked(handed)
        low = min(("training", "accepted", "parameters"), key=lambda n: checks[n].value or 0.0)
        words = _OVER.format(
            n=count(done.n - done.k), all=count(done.n), check=CHECKS[low][0], share=share(checks[low].value or 0.0)
        )
        sentences.append(Finding(words, done.n, done.k == done.n, window="incomplete"))
    return tuple(sentences)
