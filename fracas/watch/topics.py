"""What people can be told of, and the roles that are told unless somebody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from bilingual.text import Text
from fracas.permissions import Role

R = Role


@dataclass(frozen=True)
class Topic:
    """One thing to be told of. is_of_the_house: it tells nothing of the records, so that whoever sees a part only may know."""

    name: str
    label: Text
    roles: frozenset[Role]
    is_of_the_house: bool = False


def _topic(name: str, en: str, zh: str, *roles: Role, is_of_the_house: bool = False) -> Topic:
    return Topic(name, Text(en=en, zh=zh), frozenset(roles), is_of_the_house)


NOTICES, ESCALATION, PLATFORM = "notices", "escalation", "platform"
# Before the name of a report.
REPORT = "report."

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        _topic("serious", "Serious failures and complaints", "严重故障与投诉", R.MANAGER, R.QUALITY_ENGINEER),
        _topic(
            PLATFORM,
            "The platform itself: refreshes and publishing",
            "平台自身：刷新与发布",
            R.ADMINISTRATOR,
            R.QUALITY_ENGINEER,
            is_of_the_house=True,
        ),
        _topic("data_quality", "Data quality", "数据质量", R.QUALITY_ENGINEER, R.ADMINISTRATOR),
        _topic("measures", "Measures beyond their limits", "指标超限", R.MANAGER),
        _topic("trends", "Failure trends and early warnings", "故障趋势与早期预警", R.QUALITY_ENGINEER),
        _topic("service", "Service promises about to be missed", "即将超时的服务承诺", R.MANAGER),
        _topic("actions", "Overdue corrective actions", "逾期纠正措施", R.QUALITY_ENGINEER, R.MANAGER),
        _topic("stock", "Spare parts to order", "待订备件", R.MANAGER),
        _topic("contracts", "Contracts that end", "即将到期的合同", R.MANAGER),
        _topic(ESCALATION, "Critical alerts that nobody acknowledged", "无人确认的严重告警", R.MANAGER),
        _topic(NOTICES, "One’s own tasks in the register", "本人在登记库中的任务", *Role, is_of_the_house=True),
        _topic(f"{REPORT}weekly_ranking", "Weekly return-visit ranking", "每周回访排名", R.MANAGER),
        _topic(f"{REPORT}monthly_ranking", "Monthly return-visit ranking", "每月回访排名", R.MANAGER),
        _topic(f"{REPORT}monthly_management", "Monthly management report", "月度管理报告", R.MANAGER),
    )
}
