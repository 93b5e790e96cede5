"""Runs in words: what runs, how it went, how long it took, when it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bilingual.text import Text
from fracas.watch.model import Step
from fracas.watch.runs import Ended
from fracas.watch.timetable import Timed
from fracas.watch.topics import REPORT, TOPICS

RUNS: dict[str, Text] = {
    "refresh": Text(en="Refresh", zh="数据刷新"),
    "quality": Text(en="Daily quality check", zh="每日质量检查"),
    "effectiveness": Text(en="Follow-up of closed loops", zh="闭环效果跟踪"),
    "early_warning": Text(en="Nightly rules and early warning", zh="夜间规则与早期预警"),
    "maintenance": Text(en="Maintenance and backup", zh="维护与备份"),
    **{
        f"reports.{name.removeprefix(REPORT)}": topic.label for name, topic in TOPICS.items() if name.startswith(REPORT)
    },
}
ABOUT: dict[str, Text] = {
    "refresh": Text(en="Fetch what is new, rebuild, check, publish", zh="抽取新数据、重建、检查并发布"),
    "quality": Text(en="All checks again on what is published", zh="对已发布快照重新执行全部检查"),
    "effectiveness": Text(
        en="Judge what is monitored, reopen what came back", zh="评定验证中的报告，重新打开复发的报告"
    ),
    "early_warning": Text(en="The house’s rules that take longer", zh="耗时较长的企业规则"),
    "maintenance": Text(en="Let go of what is old, back up the register", zh="清理过期记录，备份登记库"),
    "reports.weekly_ranking": Text(en="To those who subscribed", zh="发送给订阅者"),
    "reports.monthly_ranking": Text(en="To those who subscribed", zh="发送给订阅者"),
    "reports.monthly_management": Text(en="To those who subscribed", zh="发送给订阅者"),
}
STATES: dict[Ended, Text] = {
    Ended.RUNNING: Text(en="running", zh="运行中"),
    Ended.DONE: Text(en="done", zh="完成"),
    Ended.FAILED: Text(en="failed", zh="失败"),
    Ended.BLOCKED: Text(en="not published", zh="未发布"),
    Ended.SKIPPED: Text(en="skipped", zh="跳过"),
    Ended.BROKEN: Text(en="broken off", zh="中断"),
}
TRIGGERS: dict[str, Text] = {
    "schedule": Text(en="on schedule", zh="按计划"),
    "terminal": Text(en="at the terminal", zh="终端"),
    "person": Text(en="asked for", zh="人工触发"),
}
_STEPS: dict[str, Text] = {
    "extract": Text(en="Fetch", zh="抽取"),
    "build": Text(en="Build", zh="构建"),
    "check": Text(en="Check", zh="检查"),
    "publish": Text(en="Publish", zh="发布"),
    "alerts": Text(en="Alerts", zh="告警"),
    "judge": Text(en="Judge", zh="评定"),
    "rules": Text(en="Rules", zh="规则"),
    "report": Text(en="Make the report", zh="生成报告"),
    "reply": Text(en="Answer mails", zh="回复邮件"),
    "retention": Text(en="Let go of what is old", zh="清理过期记录"),
    "vacuum": Text(en="Tidy the database", zh="整理数据库"),
    "backup": Text(en="Back up", zh="备份"),
}
_COUNTED: dict[str, Text] = {
    "extract": Text(en="{n} rows fetched", zh="抽取 {n} 行"),
    "build": Text(en="{n} rows built", zh="构建 {n} 行"),
    "check": Text(en="{n} checks", zh="{n} 项检查"),
    "judge": Text(en="{n} judged", zh="评定 {n} 份"),
    "report": Text(en="{n} made", zh="生成 {n} 份"),
    "reply": Text(en="{n} replies", zh="回复 {n} 封"),
    "retention": Text(en="{n} rows let go", zh="清理 {n} 行"),
}
_WEEKDAYS = (
    Text(en="Sundays", zh="周日"), Text(en="Mondays", zh="周一"), Text(en="Tuesdays", zh="周二"), Text(en="Wednesdays", zh="周三"),
    Text(en="Thursdays", zh="周四"), Text(en="Fridays", zh="周五"), Text(en="Saturdays", zh="周六"),
)  # fmt: skip
_EVERY = Text(en="every {n} min", zh="每 {n} 分钟")
_DAILY = Text(en="daily {time}", zh="每天 {time}")
_WEEKLY = Text(en="{day} {time}", zh="每{day} {time}")
_MONTHLY = Text(en="on day {day}, {time}", zh="每月 {day} 日 {time}")


def named(key: str) -> Text:
    """What runs are called."""
    return RUNS.get(key, Text(en=key, zh=key))


def step_named(name: str) -> Text:
    """What a step is called; of a source, with its name."""
    kind, _, of = name.partition(" ")
    words = _STEPS.get(kind, Text(en=kind, zh=kind))
    return Text(en=f"{words.en} {of}".strip(), zh=f"{words.zh} {of}".strip())


def counted(name: str, rows: int | None) -> Text:
    """What a step counted; nothing where it counts nothing."""
    if rows is None:
        return Text(en="", zh="")
    return _COUNTED.get(name.partition(" ")[0], Text(en="{n}", zh="{n}")).format(n=f"{rows:,}")


def totals(steps: Iterable[Step]) -> Text:
    """What the steps of a run counted, those of one kind together."""
    rows: dict[str, int] = {}
    for step in steps:
        if step.rows is not None:
            kind = step.name.partition(" ")[0]
            rows[kind] = rows.get(kind, 0) + step.rows
    found = [counted(kind, n) for kind, n in rows.items()]
    return Text(en=", ".join(one.en for one in found), zh="，".join(one.zh for one in found))


def schedule(timed: Timed) -> Text:
    """When it runs; a line of cron that says more than a time of day is shown as it stands."""
    if timed.cron is None:
        return _EVERY.format(n=round((timed.interval or 0) / 60))
    minute, hour, day, month, weekday = timed.cron.split()
    if not (minute.isdecimal() and hour.isdecimal() and month == "*"):
        return Text(en=timed.cron, zh=timed.cron)
    time = f"{int(hour):02d}:{int(minute):02d}"
    if day == weekday == "*":
        return _DAILY.format(time=time)
    if day == "*" and weekday.isdecimal():
        return _WEEKLY.format(day=_WEEKDAYS[int(weekday) % 7], time=time)
    if day.isdecimal() and weekday == "*":
        return _MONTHLY.format(day=day, time=time)
    return Text(en=timed.cron, zh=timed.cron)


def lasted(time: dt.timedelta) -> str:
    """A duration: seconds below a minute, then minutes and seconds, then hours and minutes."""
    exactly = max(time.total_seconds(), 0.0)
    seconds = round(exactly)
    if seconds < 60:
        return f"{exactly:.1f} s" if exactly < 9.95 else f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    return f"{minutes // 60}:{minutes % 60:02d} h"
