"""Repairs: hours that can have been worked, within the times of their tickets."""

from bilingual.text import Text
from expectations.check import at_most, not_before, not_negative, of_entity, quarantined, query, same
from expectations.drift import drift, volume_drift

SUITE = of_entity(
    "repair",
    quarantined(
        "finished_before_started",
        "finished_at < started_at",
        "finished_at",
        Text(en="The repair was finished before it was started.", zh="维修完成早于开始。"),
    ),
    quarantined(
        "negative_hours",
        "active_hours < 0 OR logistic_delay_hours < 0 OR admin_delay_hours < 0",
        "active_hours",
        Text(en="Hours of a repair are less than zero.", zh="维修工时小于零。"),
    ),
    at_most(
        "active_hours",
        720,
        Text(en="No repair took more than {limit:g} active hours.", zh="没有维修的实际工时超过 {limit:g} 小时。"),
    ),
    *not_negative("cost_labour", "cost_travel"),
    same(
        "asset_id",
        "ticket",
        "ticket_id",
        Text(en="A repair is of the machine that its ticket is about.", zh="维修设备与其工单的设备一致。"),
    ),
    not_before(
        "started_at",
        "ticket",
        "opened_at",
        "ticket_id",
        Text(en="No repair starts before its ticket was opened.", zh="维修开始不应早于其工单的报修时间。"),
    ),
    query(
        "started_after_closing",
        "SELECT b.*, t.closed_at FROM {batch} AS b JOIN core.ticket AS t ON t.ticket_id = b.ticket_id"
        " WHERE b.started_at > t.closed_at + INTERVAL '1 minute'",
        Text(en="No repair starts after its ticket was closed.", zh="维修不应在其工单关闭后才开始。"),
        about="started_at",
    ),
    volume_drift("started_at"),
    drift("service_kind", "started_at"),
)
