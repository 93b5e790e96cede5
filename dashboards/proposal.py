"""The order proposal as an Excel file: what to order now for the level of service chosen, and the plan of all parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from flask import Flask, Response, abort, request

from bilingual.text import Text
from dashboards.ask import Desk
from dashboards.components.part_table import flags_of
from dashboards.context import Context
from dashboards.export import about, attached, book
from dashboards.part_words import KINDS, METHODS, costs_of, level_of, plan_of, service_of
from warehouse.entities import entities
from warehouse.parts import Part
from warehouse.settings import setting_rows

_SHEETS = (Text(en="To order", zh="应订货"), Text(en="All parts", zh="全部备件"))
_SERVICE = Text(en="Level of service (no shortage in a lead time)", zh="服务水平（提前期内不缺货的概率）")
_MONTHS = Text(en="Whole months of demand", zh="需求历史完整月数")
_FILTERS = Text(en="Filters", zh="筛选")
_NO_FILTERS = Text(
    en="do not apply: stock and forecasts belong to all places together", zh="不适用：库存与预测为整体共用"
)
_ON_ORDER = Text(en="On order already", zh="在途订货")
_NOT_KNOWN = Text(en="not on record: take it off what is proposed", zh="没有记录：请从建议数量中扣除")
_ROWS = Text(en="Parts to order", zh="应订备件种数")
_TOTAL = Text(en="Cost of all", zh="合计金额")
_FIELDS = entities()["part"].fields
_HEAD = (
    *(_FIELDS[name].label for name in ("part_no", "name", "supplier", "criticality", "unit_cost", "lead_time_days")),
    Text(en="On hand", zh="现存量"),
    Text(en="Reorder point", zh="订货点"),
    Text(en="Order quantity", zh="订货量"),
    Text(en="Order now", zh="现应订"),
    Text(en="Cost of the order", zh="订货金额"),
    Text(en="Chance of running out", zh="提前期断货概率"),
    Text(en="Expected in lead time", zh="提前期预计需求"),
    Text(en="95 % quantile", zh="95% 分位数"),
    Text(en="Class", zh="需求类别"),
    Text(en="Method", zh="预测方法"),
    Text(en="Flags", zh="标记"),
)


def _row(c: Context, p: Part) -> list[Any]:
    cost = p.order * p.unit_cost if p.order is not None and p.unit_cost is not None else None
    return [
        p.part_no,
        p.name,
        p.supplier,
        c.coded("criticality", p.criticality) if p.criticality else "",
        p.unit_cost,
        p.lead_days,
        p.on_hand,
        p.reorder,
        p.quantity,
        p.order,
        cost,
        None if p.risk is None else round(p.risk, 6),
        None if p.expected is None else round(p.expected, 3),
        p.upper,
        c.say(KINDS.get(p.kind, KINDS[""])),
        c.say(METHODS.get(p.method, METHODS[""])),
        flags_of(c, p),
    ]


def _about(c: Context, orders: Sequence[Part]) -> list[tuple[Text, Any]]:
    helped = {name: text for name, _, text in setting_rows()}
    costs = costs_of(c)
    return [
        (_FILTERS, c.say(_NO_FILTERS)),
        (_SERVICE, c.say(level_of(service_of(c)))),
        (_MONTHS, plan_of(c).months),
        (helped["holding_cost_per_year"], costs.holding_per_year),
        (helped["order_cost"], costs.order),
        (_ON_ORDER, c.say(_NOT_KNOWN)),
        (_ROWS, len(orders)),
        (_TOTAL, sum((p.order or 0.0) * (p.unit_cost or 0.0) for p in orders)),
    ]


def workbook(c: Context, address: str) -> IO[bytes]:
    """The file: what it was made from, what to order, all parts."""
    plan = plan_of(c)
    orders = plan.flagged("order")
    head = [c.say(name) for name in _HEAD]
    sheets = zip(_SHEETS, (orders, plan.parts), strict=True)
    return book(
        about(c, address, _about(c, orders)),
        *((c.say(name), [head, *(_row(c, part) for part in parts)]) for name, parts in sheets),
    )


def add_routes(server: Flask, desk: Desk) -> None:
    """`/export/order-proposal.xlsx`, with the query string of the page of spare parts."""

    def proposal() -> Response:
        query = request.query_string.decode("utf-8", "replace")
        c = desk.context(query, desk.language(request)) or abort(404)
        # What lies in the stores belongs to the whole house, and what is to be ordered rests on it.
        if not c.viewer.extent.is_whole:
            return abort(403)
        return attached(c, "order-proposal", workbook(c, request.url))

    server.add_url_rule("/export/order-proposal.xlsx", "export_order_proposal", proposal)
