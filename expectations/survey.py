"""Return visits: grades on the house's scale, of customers who were reached."""

from bilingual.text import Text
from expectations.check import not_ahead, not_before, of_entity, rows
from expectations.drift import drift, volume_drift

SUITE = of_entity(
    "survey",
    rows(
        "on_rating_scale",
        "grade IS NOT NULL AND grade NOT IN (SELECT s.grade FROM core.rating_scale AS s)",
        "grade",
        Text(
            en="Every grade has a score on the rating scale of the settings.",
            zh="每个评价等级在设置的评分表中都有分值。",
        ),
    ),
    rows(
        "graded_was_reached",
        "grade IS NOT NULL AND NOT reached",
        "reached",
        Text(en="Only customers who were reached have given a grade.", zh="只有接通的客户才有评价。"),
    ),
    *not_ahead("at"),
    not_before(
        "at",
        "ticket",
        "opened_at",
        "ticket_id",
        Text(en="No return visit is older than the call it is about.", zh="回访不应早于其工单的报修时间。"),
    ),
    volume_drift("at"),
    drift("grade", "at"),
)
