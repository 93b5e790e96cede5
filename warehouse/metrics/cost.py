"""What service costs for each machine in the field (DOMAIN §6)."""

from bilingual.text import Text
from warehouse.metrics.measure import Measure, PerUnitMonth

PER_UNIT = Measure(
    "cost_per_unit_month",
    Text(en="Cost per machine-month", zh="单台月成本"),
    Text(
        en="Parts, labour and travel over the months that machines were in service in the period (30.4 days each; from installation or the first record). Priority and service kind narrow the cost, not the machines. 95 % interval: normal, from repairs that come by chance (Poisson), each with its own cost; from 20 repairs on.",
        zh="备件、人工与差旅费用除以期内设备在役月数（每月 30.4 天，自装机或首条记录起）。优先级与服务类别只筛选费用，不筛选设备。95% 区间：正态近似，维修次数按泊松、每次费用各异，至少 20 次维修。",
    ),
    Text(en="cost of repairs", zh="维修费用"),
    Text(en="machine-months", zh="设备·月"),
    "money",
    PerUnitMonth(),
    "lower",
)
MEASURES = (PER_UNIT,)
