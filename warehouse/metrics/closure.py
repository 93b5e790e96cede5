"""Fault closure: how many come in and go out, how fast, and how old what is left has become (DOMAIN §6)."""

from bilingual.text import Text
from warehouse.metrics.measure import CompletedMedian, Count, Duration, Level, Measure, Quotient

_TICKETS_OPENED = Text(en="tickets opened in the period", zh="期内报修工单数")
_TICKETS_CLOSED = Text(en="tickets closed in the period", zh="期内关闭工单数")

MEASURES = (
    Measure(
        "opened",
        Text(en="Opened", zh="报修数"),
        Text(en="Tickets opened in the period.", zh="期内报修的工单数。"),
        _TICKETS_OPENED,
        None,
        "count",
        Count("opened"),
    ),
    Measure(
        "closed",
        Text(en="Closed", zh="关闭数"),
        Text(en="Tickets closed in the period, whenever they were opened.", zh="期内关闭的工单数，不论何时报修。"),
        _TICKETS_CLOSED,
        None,
        "count",
        Count("closed"),
    ),
    Measure(
        "backlog",
        Text(en="Backlog", zh="未关闭数"),
        Text(en="Tickets open at the end of the period.", zh="期末尚未关闭的工单数。"),
        Text(en="opened so far less closed so far", zh="累计报修减累计关闭"),
        None,
        "count",
        Level("opened", "closed"),
        "lower",
    ),
    Measure(
        "closure_rate",
        Text(en="Closure rate (cohort)", zh="关闭率（同批）"),
        Text(
            en="Of the tickets opened in the period, the share that is closed by now.",
            zh="期内报修的工单中，至今已关闭的比例。",
        ),
        Text(en="of these, closed by now", zh="其中至今已关闭"),
        _TICKETS_OPENED,
        "share",
        Quotient("opened_closed", "opened"),
        "higher",
    ),
    Measure(
        "closure_flow",
        Text(en="Closure rate (flow)", zh="关闭率（流量）"),
        Text(
            en="Tickets closed in the period over tickets opened in it; over 100 % the backlog shrinks.",
            zh="期内关闭数除以期内报修数；超过 100% 表示积压减少。",
        ),
        _TICKETS_CLOSED,
        _TICKETS_OPENED,
        "share",
        Quotient("closed", "opened"),
        "higher",
    ),
    Measure(
        "response_time",
        Text(en="Response time", zh="平均响应时间"),
        Text(
            en="Mean working hours from the call to the arrival, authorised pauses taken out.",
            zh="从报修到到达的平均工作小时，扣除经批准的暂停。",
        ),
        Text(en="working hours from call to arrival", zh="报修至到达的工作小时合计"),
        Text(en="arrivals in the period", zh="期内到达数"),
        "hours",
        Quotient("response_wh", "arrived"),
        "lower",
    ),
    Measure(
        "response_within_target",
        Text(en="Response within target", zh="响应达标率"),
        Text(
            en="Of the calls whose response fell due in the period, the share answered within the zone's target; calls "
            "still unanswered after it count as missed.",
            zh="期内到期的报修中，在服务区目标时间内到达的比例；到期仍未到达的计为未达标。",
        ),
        Text(en="of these, arrived in time", zh="其中按时到达"),
        Text(en="calls falling due in the period", zh="期内到期的报修数"),
        "share",
        Quotient("response_met", "response_due"),
        "higher",
    ),
    Measure(
        "mttr_ticket",
        Text(en="MTTR of the ticket", zh="工单平均修复时间"),
        Text(
            en="Mean working hours from opening to resolution, authorised pauses taken out. Not the active repair time.",
            zh="从报修到修复的平均工作小时，扣除经批准的暂停；不是实际维修工时。",
        ),
        Text(en="working hours from opening to resolution", zh="报修至修复的工作小时合计"),
        Text(en="tickets resolved in the period", zh="期内修复工单数"),
        "hours",
        Quotient("resolve_wh", "resolved_wh_known"),
        "lower",
    ),
    Measure(
        "time_to_resolve",
        Text(en="Time to resolve, mean", zh="平均修复历时"),
        Text(en="Mean clock hours from opening to resolution.", zh="从报修到修复的平均自然小时。"),
        Text(en="hours from opening to resolution", zh="报修至修复的小时合计"),
        Text(en="tickets resolved in the period", zh="期内修复工单数"),
        "hours",
        Quotient("resolve_hours", "resolved"),
        "lower",
    ),
    Measure(
        "time_to_resolve_median",
        Text(en="Time to resolve, median of the resolved", zh="修复历时中位数（已修复）"),
        Text(
            en="Half of the tickets resolved in the period took at most this many clock hours; open ones are left out.",
            zh="期内修复的工单有一半不超过此自然小时数；不含未修复的。",
        ),
        Text(en="median of the hours from opening to resolution", zh="报修至修复小时数的中位数"),
        Text(en="tickets resolved in the period", zh="期内修复工单数"),
        "hours",
        CompletedMedian("resolve_hours", "resolved_on"),
        "lower",
    ),
    Measure(
        "time_to_close_mean",
        Text(en="Time to close, mean of the closed", zh="平均关闭历时（已关闭）"),
        Text(
            en="Mean clock hours from opening to closing of the tickets closed in the period; open ones are left out.",
            zh="期内关闭的工单从报修到关闭的平均自然小时；不含未关闭的。",
        ),
        Text(en="hours from opening to closing", zh="报修至关闭的小时合计"),
        _TICKETS_CLOSED,
        "hours",
        Quotient("close_hours", "closed"),
        "lower",
    ),
    Measure(
        "time_to_close_median",
        Text(en="Time to close, median", zh="关闭历时中位数"),
        Text(
            en="By this many clock hours half of the tickets opened in the period are closed (Kaplan–Meier: open ones count as not yet closed).",
            zh="期内报修的工单在此自然小时数内有一半关闭（Kaplan–Meier：未关闭的按删失处理）。",
        ),
        Text(en="median of the Kaplan–Meier curve", zh="Kaplan–Meier 曲线的中位数"),
        _TICKETS_OPENED,
        "hours",
        Duration(0.5),
        "lower",
    ),
    Measure(
        "time_to_close_p90",
        Text(en="Time to close, P90", zh="关闭历时 P90"),
        Text(
            en="By this many clock hours 90 % of the tickets opened in the period are closed (Kaplan–Meier: open ones count as not yet closed).",
            zh="期内报修的工单在此自然小时数内有 90% 关闭（Kaplan–Meier：未关闭的按删失处理）。",
        ),
        Text(en="90 % point of the Kaplan–Meier curve", zh="Kaplan–Meier 曲线的 90% 分位"),
        _TICKETS_OPENED,
        "hours",
        Duration(0.9),
        "lower",
    ),
    Measure(
        "reopened",
        Text(en="Reopened", zh="重新打开率"),
        Text(
            en="Of the tickets opened in the period whose source counts reopenings, the share that was reopened.",
            zh="期内报修且来源记录重新打开次数的工单中，曾重新打开的比例。",
        ),
        Text(en="of these, reopened", zh="其中曾重新打开"),
        Text(en="tickets whose reopenings are counted", zh="记录了重新打开次数的工单数"),
        "share",
        Quotient("reopened", "reopen_known"),
        "lower",
    ),
    Measure(
        "sla_as_reported",
        Text(en="SLA kept, as the source says", zh="SLA 达成率（来源系统结论）"),
        Text(
            en="Of the tickets opened in the period for which the source states a verdict, the share it calls kept.",
            zh="期内报修且来源系统给出结论的工单中，其判定为达成的比例。",
        ),
        Text(en="of these, kept", zh="其中达成"),
        Text(en="tickets with a verdict", zh="有结论的工单数"),
        "share",
        Quotient("sla_met", "sla_known"),
        "higher",
    ),
)

# Age of open tickets, in days: upper bounds and names (DOMAIN §6, backlog ageing).
AGES: tuple[tuple[float, float | None, Text], ...] = (
    (0, 8, Text(en="0–7 d", zh="0–7 天")),
    (8, 31, Text(en="8–30 d", zh="8–30 天")),
    (31, 61, Text(en="31–60 d", zh="31–60 天")),
    (61, 91, Text(en="61–90 d", zh="61–90 天")),
    (91, None, Text(en="over 90 d", zh="90 天以上")),
)
