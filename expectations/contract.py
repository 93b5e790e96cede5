"""Contracts and warranty cards: whom they cover, and from when until when."""

from bilingual.text import Text
from expectations.check import filled_share, not_negative, of_entity, rows, same

SUITE = of_entity(
    "contract",
    rows(
        "ends_after_start",
        "ends_at < starts_at",
        "ends_at",
        Text(en="No contract ends before it starts.", zh="合同结束不应早于开始。"),
    ),
    *not_negative("price"),
    same(
        "customer_id",
        "asset",
        "asset_id",
        Text(en="A contract is with the customer who has the machine.", zh="合同客户与设备所属客户一致。"),
    ),
    filled_share("ends_at", 0.9),
)
