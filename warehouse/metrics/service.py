"""What customers notice beside the repair: parts that are there, and what they say afterwards (DOMAIN §6)."""

from bilingual.text import Text
from warehouse.metrics.measure import Measure, Quotient

MEASURES = (
    Measure(
        "fill_rate",
        Text(en="Parts fill rate", zh="备件满足率"),
        Text(
            en="Lines of parts used in the period that were filled from stock at once.",
            zh="期内使用的备件行中，当时即由库存满足的比例。",
        ),
        Text(en="of these, filled at once", zh="其中当时满足"),
        Text(en="lines requested of which that is known", zh="已知是否满足的需求行"),
        "share",
        Quotient("filled", "requested", of="part"),
        "higher",
    ),
    Measure(
        "satisfaction",
        Text(en="Return-visit score", zh="回访得分"),
        Text(
            en="Mean score of the answers at return visits of the period, on the house's scale of grades.",
            zh="期内回访各项评价按企业等级分值的平均得分。",
        ),
        Text(en="scores of all answers", zh="各项评价得分合计"),
        Text(en="answers with a grade", zh="有等级的评价数"),
        "score",
        Quotient("score", "answers", of="survey"),
        "higher",
    ),
    Measure(
        "return_rate",
        Text(en="Return-visit response", zh="回访接通率"),
        Text(
            en="Jobs asked about in the period at which the customer was reached.",
            zh="期内回访的工单中，客户接通的比例。",
        ),
        Text(en="of these, reached", zh="其中接通"),
        Text(en="jobs asked about", zh="回访的工单"),
        "share",
        Quotient("reached", "asked", of="survey"),
        "higher",
    ),
)
