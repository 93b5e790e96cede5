"""Six cards about what falls due: how much is late, how much is near, and how far to trust it."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.part_cards import card
from dashboards.context import Context
from dashboards.page import Component
from dashboards.part_due_words import here, notice_of
from warehouse.consumables import CLOSE_DAYS, Due, Window, check, due
from warehouse.metrics.wording import count, share
from warehouse.service_findings import is_delivered

_LATE = Text(en="Parts overdue", zh="逾期未更换")
_LATE_SAID = Text(
    en="Parts that still run though the meter has passed the median life learned for the part and model. Half of all last longer: overdue does not mean failed.",
    zh="读数已超过该备件与型号寿命中位数而仍在用的备件。半数备件本会用得更久：逾期不等于失效。",
)
_WEEK = Text(en="To contact within 7 days", zh="7 天内应联系")
_SOON = Text(en="To contact within 30 days", zh="30 天内应联系")
_NEAR_SAID = Text(
    en="Parts and maintenance not yet overdue of which the day to contact the customer, {days} days before they fall due (consumable_contact_days), comes within so many days.",
    zh="尚未逾期、且应联系客户的日期（到期前 {days} 天，设置 consumable_contact_days）在上述天数之内的备件与保养。",
)
_MAINTENANCE = Text(en="Maintenance overdue", zh="保养逾期")
_MAINTENANCE_SAID = Text(
    en="Units with a planned maintenance whose day has passed, that was not done and not overtaken by a later one.",
    zh="计划保养日期已过、未完成且其后也未做保养的设备。",
)
_CLOSE = Text(en="Predicted within ±{days} days", zh="预测误差 ±{days} 天内")
_CLOSE_SAID = Text(
    en="Of the replacements in the last 12 months: the share that came within {days} days of the day predicted a year before, knowing only what was known then. Filters do not apply.",
    zh="近 12 个月的更换中，与一年前（只用当时已知记录）预计日期相差不超过 {days} 天的比例；不受筛选影响。",
)
_UNREAD = Text(en="Not predicted", zh="无法预测的设备")
_UNREAD_SAID = Text(
    en="Units that carry such a part, but of which two readings of the last 12 months do not tell how much they are used. Filters do not apply.",
    zh="装有此类备件，但近 12 个月没有两次以上读数、无法得知使用速度的设备；不受筛选影响。",
)
_FIRST = Text(en="{chance} of them expected to be replaced within 30 days", zh="预计其中 {chance} 在 30 天内更换")
_BOTH = Text(en="{parts} parts, {planned} maintenance", zh="备件 {parts} 项，保养 {planned} 项")
_PLANNED = Text(en="{planned} maintenance; of parts nothing is known", zh="保养 {planned} 项；备件无从得知")
_NO_USES = Text(
    en="no source delivers parts replaced in repairs (entity part_use)", zh="没有来源提供换件记录（实体 part_use）"
)
_OF = Text(en="n = {n} parts on the list of the coming quarter", zh="n = 未来一季清单上的 {n} 件")
_AHEAD = Text(en="{n} more planned in the coming quarter", zh="未来一季另计划 {n} 项")
_BOUNDS = Text(en="n = {n} · 95 %: {low} – {high}", zh="n = {n} · 95% 区间 {low} – {high}")
_FEW = Text(en="too few replacements to say (n = {n})", zh="更换次数过少，无法判断（n = {n}）")
_NO_RATE = Text(en="units without two readings in 12 months", zh="近 12 个月读数不足两次的设备")


def _foretells(c: Context) -> bool:
    """Whether parts are replaced on record: without that none is on the list because nobody can tell, not because none is due."""
    return is_delivered(c.reading, "part_use")


def _near(c: Context, found: Due, name: Text, window: Window) -> Component:
    near = found.within(window, notice_of(c))
    parts = len(near.of("parts"))
    planned = count(len(near) - parts)
    line = _BOTH.format(parts=count(parts), planned=planned) if _foretells(c) else _PLANNED.format(planned=planned)
    said = _NEAR_SAID.format(days=notice_of(c))
    return card(c, name, said, count(len(near)), [c.say(line)], here(c, window=window, look=""))


def due_cards(c: Context) -> Component:
    """All six."""
    found, done = due(c.reading, c.filters), check(c.reading)
    parts, planned = found.of("parts"), found.of("maintenance")
    late, missed = parts.within("overdue", 0), planned.within("overdue", 0)
    chance = [c.say(_FIRST.format(chance=share(float(late.chance.mean()))))] if len(late) else []
    of_all = c.say(_OF.format(n=count(len(parts))))
    close, said = _CLOSE.format(days=CLOSE_DAYS), _CLOSE_SAID.format(days=CLOSE_DAYS)
    if done.close is None:
        trusted = card(c, close, said, None, [c.say(_FEW.format(n=count(done.n)))])
    else:
        value, low, high = done.close
        line = _BOUNDS.format(n=count(done.n), low=share(low), high=share(high))
        trusted = card(c, close, said, c.say(share(value)), [c.say(line)], here(c))
    return [
        _near(c, found, _WEEK, "week"),
        card(c, _LATE, _LATE_SAID, count(len(late)), [*chance, of_all], here(c, window="overdue", look="parts"))
        if _foretells(c)
        else card(c, _LATE, _LATE_SAID, None, [c.say(_NO_USES)]),
        _near(c, found, _SOON, "month"),
        card(
            c, _MAINTENANCE, _MAINTENANCE_SAID, count(len(missed)),
            [c.say(_AHEAD.format(n=count(len(planned) - len(missed))))],
            here(c, window="overdue", look="maintenance"),
        ),
        trusted,
        card(c, _UNREAD, _UNREAD_SAID, count(found.unread), [c.say(_NO_RATE)], here(c))
        if _foretells(c)
        else card(c, _UNREAD, _UNREAD_SAID, None, [c.say(_NO_USES)]),
    ]  # fmt: skip
