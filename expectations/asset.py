"""Assets: the installed base that every rate is divided by."""

from bilingual.text import Text
from expectations.check import filled_share, not_ahead, of_entity, quarantined, query, rows

SUITE = of_entity(
    "asset",
    quarantined(
        "own_parent",
        "parent_asset_id = asset_id",
        "parent_asset_id",
        Text(en="The asset is its own parent.", zh="设备的上级是其自身。"),
    ),
    rows(
        "warranty_after_installation",
        "warranty_end < CAST(installed_at AS DATE)",
        "warranty_end",
        Text(en="No warranty ends before the installation.", zh="保修到期不应早于装机。"),
    ),
    query(
        "serial_no_once",
        "SELECT * FROM {batch} WHERE (serial_no, model) IN"
        " (SELECT (s.serial_no, s.model) FROM {batch} AS s WHERE s.serial_no IS NOT NULL"
        " GROUP BY s.serial_no, s.model HAVING count(*) > 1)",
        Text(en="No two assets of one model have the same serial number.", zh="同一型号的两台设备序列号不应相同。"),
        about="serial_no",
    ),
    *not_ahead("installed_at"),
    filled_share("product_line", 0.9),
    filled_share("customer_id", 0.8),
    filled_share("installed_at", 0.8),
)
