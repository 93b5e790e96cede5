"""Changes of a ticket's state: they end where the ticket says it is."""

from bilingual.text import Text
from expectations.check import not_ahead, not_before, of_entity, query
from expectations.drift import volume_drift

SUITE = of_entity(
    "ticket_event",
    *not_ahead("at"),
    not_before(
        "at",
        "ticket",
        "opened_at",
        "ticket_id",
        Text(en="No ticket changes its state before it is opened.", zh="工单状态变更不应早于报修。"),
    ),
    query(
        "last_is_status",
        "SELECT b.*, t.status FROM {batch} AS b JOIN core.ticket AS t ON t.ticket_id = b.ticket_id"
        " WHERE b.to_status <> t.status AND (b.ticket_id, b.at) IN"
        " (SELECT (e.ticket_id, max(e.at)) FROM {batch} AS e GROUP BY e.ticket_id)"
        " AND (b.ticket_id, b.at, t.status) NOT IN (SELECT (e.ticket_id, e.at, e.to_status) FROM {batch} AS e)",
        Text(
            en="The last change of a ticket leads to the state that the ticket has.",
            zh="工单最后一次状态变更与工单当前状态一致。",
        ),
        about="to_status",
    ),
    volume_drift("at"),
)
