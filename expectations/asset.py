"""Assets: the installed base that every rate is divided by."""

from bilingual.text import Text
from expectations.check import Suite, filled_share, quarantined, rows, schema_checks, volume

SUITE = Suite(
    "asset",
    "core.asset",
    (
        *schema_checks("asset"),
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
        filled_share("product_line", 0.9),
        volume("asset"),
    ),
)
