"""How well repairs hold: what came back, what was fixed at once, what was not found, and how long it took (DOMAIN §6)."""

from bilingual.text import Text
from warehouse.metrics.measure import Measure, Quotient

MEASURES = (
    Measure(
        "repeat_rate",
        Text(en="Repeat failures", zh="重复故障率"),
        Text(
            en="Jobs completed in the period whose fault came back: the same component of the same asset was reported "
            "again within the repeat window (30 days, unless set otherwise) after the job was closed. Only jobs whose "
            "window has run out count.",
            zh="期内完成的工单中，关闭后在重复窗口（默认 30 天）内同一设备同一部件再次报修的比例；仅计窗口已满的工单。",
        ),
        Text(en="of these, came back", zh="其中再次报修"),
        Text(en="closed jobs whose window has run out", zh="窗口已满的已关闭工单"),
        "share",
        Quotient("came_back", "watched", of="job"),
        "lower",
    ),
    Measure(
        "first_time_fix",
        Text(en="First-time fix", zh="一次修复率"),
        Text(
            en="Jobs completed in the period at the first visit whose fault did not come back within the repeat window "
            "(30 days, unless set otherwise), of those with a visit whose window has run out.",
            zh="期内完成且有上门记录、窗口已满的工单中，首次上门即解决、且在重复窗口（默认 30 天）内未再报修的比例。",
        ),
        Text(en="of these, fixed at the first visit for good", zh="其中首次上门即修复且未复发"),
        Text(en="jobs with a visit whose window has run out", zh="有上门记录且窗口已满的工单"),
        "share",
        Quotient("fixed", "visited", of="job"),
        "higher",
    ),
    Measure(
        "no_fault_found",
        Text(en="No fault found", zh="未发现故障率"),
        Text(
            en="Failures of the period in which nothing was found, of those that were diagnosed: resolved, and somebody said "
            "what the cause was or that nothing was found.",
            zh="期内故障中，已诊断（已修复，且记录了原因或是否发现故障）而未发现故障的比例。",
        ),
        Text(en="of these, nothing was found", zh="其中未发现故障"),
        Text(en="diagnosed failures", zh="已诊断的故障"),
        "share",
        Quotient("nothing_found", "diagnosed", of="failure"),
        "lower",
    ),
    Measure(
        "mttr_repair",
        Text(en="MTTR of the repair", zh="平均维修工时"),
        Text(
            en="Mean active hours of a repair, of jobs completed in the period. Not the time until the ticket was resolved.",
            zh="期内完成工单的每次维修平均实际工时；不是工单修复历时。",
        ),
        Text(en="active hours of repair", zh="实际维修工时合计"),
        Text(en="repairs with active hours", zh="有工时记录的维修次数"),
        "hours",
        Quotient("labour_hours", "repairs", of="job"),
        "lower",
    ),
    Measure(
        "downtime",
        Text(en="Downtime, mean", zh="平均停机时间"),
        Text(
            en="Mean clock hours from the failure until its ticket was resolved, of failures of the period.",
            zh="期内故障从发生到修复的平均自然小时。",
        ),
        Text(en="hours from failure to restoration", zh="故障至恢复的小时合计"),
        Text(en="failures restored so far", zh="已恢复的故障"),
        "hours",
        Quotient("down_hours", "restored", of="failure"),
        "lower",
    ),
    Measure(
        "coding_completeness",
        Text(en="Coding completeness", zh="编码完整率"),
        Text(
            en="Closed failures of the period that name mode, cause and serial number.",
            zh="期内已关闭的故障中，故障模式、原因和序列号均已填写的比例。",
        ),
        Text(en="of these, with mode, cause and serial number", zh="其中模式、原因、序列号齐全"),
        Text(en="closed failures", zh="已关闭的故障"),
        "share",
        Quotient("coded", "reported", of="failure"),
        "higher",
    ),
)
