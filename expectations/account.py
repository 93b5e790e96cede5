"""The account of rows: everything that landed is in the warehouse, in quarantine, superseded or left out on purpose."""

from bilingual.text import Text
from expectations.check import Suite, query

SUITE = Suite(
    "account",
    "meta.account",
    (
        query(
            "rows_add_up",
            lambda context: "SELECT * FROM {batch} WHERE core + quarantined + superseded <> staged",
            Text(
                en="Every row is in exactly one place: shown, quarantined or superseded.",
                zh="每一行恰好归于一处：展示、隔离或被取代。",
            ),
            severity="critical",
        ),
        query(
            "quarantine_share",
            lambda context: (
                f"SELECT * FROM {{batch}} WHERE quarantined > {context.quarantine_share_critical!r} * staged"
            ),
            Text(
                en="The share of quarantined rows of each entity is below the limit in settings.",
                zh="各实体的隔离行占比低于设置的上限。",
            ),
            severity="critical",
        ),
    ),
)
