"""What was done: jobs by service kind over time, and hours of labour by day for the daily report."""

from __future__ import annotations

from dataclasses import replace

from bilingual.text import Text
from dashboards.charts.flow import bucket
from dashboards.components.person import full_name, person_id, records, subject
from dashboards.context import Context
from dashboards.figures.stacks import standing
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.technician_work import daily, kinds, span, work
from warehouse.technicians import technicians

_JOBS = Text(
    en="{who}: {jobs} jobs completed by service kind and {grain}; {most} most ({n}).",
    zh="{who}：按服务类别与{grain}统计完成的 {jobs} 张工单；{most} 最多（{n}）。",
)
_HOURS = Text(
    en="{who}: hours of labour on the jobs completed each day, the {days} days until {last}: {hours} h on {jobs} jobs. The export is the daily report.",
    zh="{who}：截至 {last} 的 {days} 天内，各日完成工单所用工时：{jobs} 张工单，{hours} 小时。导出即为工作日报表。",
)
_NO_HOURS = Text(
    en="No hours of labour are on record for the {jobs} jobs: the field active_hours of the entity repair would fill this.",
    zh="{jobs} 张工单均没有工时记录：由实体 repair 的字段 active_hours 给出。",
)
_NOTHING = Text(en="No job was completed in this selection.", zh="当前筛选下没有完成的工单。")
_GRAINS = {"day": Text(en="day", zh="日"), "week": Text(en="week", zh="周"), "month": Text(en="month", zh="月")}
_AXES = (Text(en="jobs", zh="工单数"), Text(en="hours", zh="工时"))


def _of_kind(c: Context, filters: Filters, kind: str) -> str:
    return records(replace(filters, service_kind=(kind,)), person_id(c))


def kind_called(c: Context, kind: str) -> str:
    """A service kind in words."""
    return c.coded("service_kind", kind) if kind else c.say(UNKNOWN)


def draw_jobs(c: Context) -> Drawn:
    """Jobs completed by service kind per day, week or month."""
    found = work(c.reading, c.filters, person_id(c), c.grain)
    if found is None:
        return Drawn(None, c.say(_NOTHING))
    labels = [d.strftime("%Y-%m") if c.grain == "month" else d.isoformat() for d in found.starts]
    spans = [bucket(c.filters, d, c.grain, c.last_day) for d in found.starts]
    links = [[_of_kind(c, s, kind) for s in spans] for kind in found.kinds]
    names = [kind_called(c, kind) for kind in found.kinds]
    figure = standing(labels, found.kinds, names, found.jobs, links, 0, c.say(_AXES[0]))
    most = kinds(c.reading, c.filters, person_id(c))[0]
    words = _JOBS.format(
        who=subject(c),
        jobs=count(sum(map(sum, found.jobs))),
        grain=_GRAINS[c.grain],
        most=kind_called(c, most.kind),
        n=count(most.jobs),
    )
    rows = [
        [label, names[k], found.jobs[k][i], round(found.hours[k][i], 2)]
        for i, label in enumerate(labels)
        for k in range(len(names))
    ]
    columns = (c.grain, "service_kind", "jobs", "labour_hours")
    drawn = Drawn(figure, c.say(words), lambda: Table(columns, rows), records(c.filters, person_id(c)))
    return with_gaps(c, drawn, "ticket", found.starts)


def report(c: Context, filters: Filters) -> Table:
    """The daily report: jobs by kind and hours used, for each day and person."""
    known = technicians(c.reading)
    rows = [
        [x.day.isoformat(), x.technician_id, full_name(x.technician_id, known).partition(" · ")[0], kind_called(c, x.kind), x.jobs, round(x.hours, 2)]
        for x in daily(c.reading, filters, person_id(c))
    ]  # fmt: skip
    return Table(("day", "technician_id", "technician", "service_kind", "jobs", "labour_hours"), rows)


def draw_hours(c: Context) -> Drawn:
    """Hours of labour by day, of the last 31 days with work in the period."""
    last = span(c.reading, c.filters, person_id(c), "month")
    found = work(c.reading, last, person_id(c), "day") if last else None
    if last is None or found is None or last.end is None:
        return Drawn(None, c.say(_NOTHING))
    if not any(map(any, found.hours)):
        return Drawn(None, c.say(_NO_HOURS.format(jobs=count(sum(map(sum, found.jobs))))))
    labels = [d.isoformat() for d in found.starts]
    spans = [replace(last, start=d, end=d) for d in found.starts]
    links = [[_of_kind(c, s, kind) for s in spans] for kind in found.kinds]
    names = [kind_called(c, kind) for kind in found.kinds]
    figure = standing(labels, found.kinds, names, found.hours, links, 1, c.say(_AXES[1]))
    words = _HOURS.format(
        who=subject(c),
        days=len(labels),
        last=last.end.isoformat(),
        hours=f"{sum(map(sum, found.hours)):,.1f}",
        jobs=count(sum(map(sum, found.jobs))),
    )
    drawn = Drawn(figure, c.say(words), lambda: report(c, last), records(last, person_id(c)))
    return with_gaps(c, drawn, "repair", found.starts)


_CREDIT = Text(
    en="Each job counts once, for the technician of the last visit that ended by its resolution, on the day of completion. Hours are active repair hours on record.",
    zh="每张工单计一次，计入解决前最后一次上门的技术员，以完成日期为准。工时为登记的实际维修工时。",
)
JOBS = Chart(Text(en="Which kinds of service were done?", zh="完成了哪些类别的服务？"), _CREDIT, draw_jobs, 320)
HOURS = Chart(Text(en="How many hours did each day take?", zh="每日用了多少工时？"), _CREDIT, draw_hours, 260)
