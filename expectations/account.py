"""The account of rows: everything that landed is in the warehouse, in quarantine, superseded or left out on purpose."""

from bilingual.text import Text
from expectations.check import Suite, query
from warehouse.entities import entities

_COUNTED = " UNION ALL ".join(f"SELECT '{name}' AS entity, count(*) AS n FROM core.{name}" for name in entities())

SUITE = Suite(
    "account",
    "meta.account",
    (
        query(
            "rows_add_up",
            "SELECT * FROM {batch} WHERE core + quarantined + superseded <> staged",
            Text(
                en="Every row is in exactly one place: shown, quarantined or superseded.",
                zh="每一行恰好归于一处：展示、隔离或被取代。",
            ),
            severity="critical",
        ),
        query(
            "rows_are_staged",
            "SELECT * FROM {batch} AS a JOIN (SELECT m.entity AS of, m.source, m.stream, sum(m.landed) AS landed_rows, "
            "sum(m.left_out) AS left_out, any_value(m.staged) AS staged_rows FROM meta.mapped AS m GROUP BY ALL) AS s "
            "ON s.of = a.entity WHERE s.landed_rows <> s.left_out + s.staged_rows",
            Text(
                en="Every row that landed is staged, but for those that the mapping’s filter leaves out.",
                zh="除映射筛选条件排除的行外，落地的每一行都已暂存。",
            ),
            severity="critical",
        ),
        query(
            "rows_are_there",
            f"SELECT a.*, c.n AS found FROM {{batch}} AS a JOIN ({_COUNTED}) AS c ON c.entity = a.entity WHERE a.core <> c.n",
            Text(en="Every entity has the rows that its account says.", zh="各实体的行数与账目一致。"),
            severity="critical",
        ),
        query(
            "quarantine_share",
            "SELECT * FROM {batch} WHERE quarantined > {limit} * staged",
            Text(
                en="The share of quarantined rows of each entity is below the limit in settings.",
                zh="各实体的隔离行占比低于设置的上限。",
            ),
            severity="critical",
            limit=0.2,
            setting="quarantine_share_critical",
        ),
    ),
)
