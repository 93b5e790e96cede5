"""Drift within one snapshot: the last weeks against those before, source by source, beyond what chance explains.

Records end at `core.as_of`, so that is where the last week ends, whenever the check is run. A source is judged that has
records in the weeks before, and has had them for long enough.
"""

from __future__ import annotations

from bilingual.text import Text
from expectations.check import Check, query

_RECENT, _BEFORE, _LEAST_BEFORE = 4, 26, 8
# The normal quantile of 0.999, for the noise that is allowed to shares.
_Z = 3.09


def volume_drift(instant: str, limit: float = 5.0) -> Check:
    """No source has brought far more or fewer records in the last four weeks than its 26 weeks before let expect.

    Farrington et al. (1996), "A statistical algorithm for the early detection of outbreaks of infectious disease", J. R.
    Statist. Soc. A 159:547-563, without trend and season: weekly counts are Poisson with overdispersion φ, estimated from
    the k weeks before (mean m, variance s²) as max(1, s² / m). The sum x of r weeks to come has mean μ = r·m and, with the
    uncertainty of m, variance μ·τ, τ = φ·(1 + r / k). On the scale x^(2/3), where a Poisson count is nearly symmetric,
    z = (x^(2/3) - μ^(2/3)) / (2/3 · μ^(1/6) · √τ); |z| above the limit is drift. So few records never alarm: at a
    limit of 5 a fall to none is drift from 13 expected records on.
    """
    sql = f"""
        WITH counted AS (
            SELECT b._source, CAST(floor(epoch(a.as_of - b.{instant}) / 604800) AS INTEGER) AS week, count(*) AS n
            FROM {{batch}} AS b, core.as_of AS a
            WHERE b.{instant} <= a.as_of
            GROUP BY ALL
        ), dated AS (
            -- The week of a source's first record is no whole one.
            SELECT *, least({_BEFORE}, max(week) OVER (PARTITION BY _source) - {_RECENT}) AS k FROM counted
        ), summed AS (
            SELECT
                _source, k,
                CAST(coalesce(sum(n) FILTER (week < {_RECENT}), 0) AS BIGINT) AS recent,
                CAST(sum(n) FILTER (week BETWEEN {_RECENT} AND {_RECENT - 1} + k) AS DOUBLE) AS before,
                CAST(sum(n * n) FILTER (week BETWEEN {_RECENT} AND {_RECENT - 1} + k) AS DOUBLE) AS squares
            FROM dated
            GROUP BY _source, k
        ), expected AS (
            SELECT
                _source, recent, k, {_RECENT} * before / k AS mu,
                greatest(1, (squares - before * before / k) / (k - 1) / (before / k)) * (1 + {_RECENT} / k) AS tau
            FROM summed
            WHERE before > 0 AND k >= {_LEAST_BEFORE}
        ), judged AS (
            SELECT
                _source, recent, mu AS expected,
                (pow(recent, 2 / 3) - pow(mu, 2 / 3)) / (2 / 3 * pow(mu, 1 / 6) * sqrt(tau)) AS z
            FROM expected
        )
        SELECT * FROM judged WHERE abs(z) > {{limit}}"""
    return query(
        "volume_drift",
        sql,
        Text(
            en="No source has brought far more or fewer rows in the last 4 weeks than the 26 weeks before let expect "
            "({limit:g} standard errors).",
            zh="各来源近 4 周的行数与此前 26 周相比没有显著增减（{limit:g} 倍标准误）。",
        ),
        limit=limit,
    )


def drift(field: str, instant: str, limit: float = 0.2) -> Check:
    """The values of a code field are shared out in a source's last four weeks as in the 26 weeks before.

    The population stability index PSI = Σ (p - q)·ln(p / q) over the values (no value is one, too; half a row is added to
    each, so that none is zero), with the customary limit of 0.2 (Siddiqi 2006, Credit Risk Scorecards). Of n recent and m
    earlier rows that do not differ but by chance it is distributed as (1/n + 1/m)·χ² with B - 1 degrees of freedom
    (Yurdakul & Naranjo 2020, "Statistical properties of the population stability index", J. Risk Model Validation 14(4));
    it must lie above the 0.999 quantile of that as well (Wilson & Hilferty 1931), so that few rows do not alarm.
    """
    sql = f"""
        WITH counted AS (
            SELECT
                b._source, coalesce(b.{field}, '') AS value,
                count(*) FILTER (b.{instant} > a.as_of - INTERVAL {_RECENT} WEEK) AS n,
                count(*) FILTER (b.{instant} <= a.as_of - INTERVAL {_RECENT} WEEK) AS m
            FROM {{batch}} AS b, core.as_of AS a
            WHERE b.{instant} > a.as_of - INTERVAL {_RECENT + _BEFORE} WEEK AND b.{instant} <= a.as_of
            GROUP BY ALL
        ), shares AS (
            SELECT
                *, CAST(sum(n) OVER w AS BIGINT) AS recent, CAST(sum(m) OVER w AS BIGINT) AS before, count(*) OVER w - 1 AS df,
                (n + 0.5) / (recent + 0.5 * (df + 1)) AS p, (m + 0.5) / (before + 0.5 * (df + 1)) AS q
            FROM counted
            WINDOW w AS (PARTITION BY _source)
        ), judged AS (
            SELECT
                _source, any_value(recent) AS recent, any_value(before) AS before,
                sum((p - q) * ln(p / q)) AS psi, any_value(df) AS df,
                max_by(value, abs(p - q)) AS value, max_by(p, abs(p - q)) AS share, max_by(q, abs(p - q)) AS share_before
            FROM shares
            WHERE recent > 0 AND before > 0 AND df > 0
            GROUP BY _source
        )
        SELECT * FROM judged
        WHERE psi > {{limit}}
            AND psi > (1 / recent + 1 / before) * df * pow(1 - 2 / (9 * df) + {_Z} * sqrt(2 / (9 * df)), 3)"""
    return query(
        f"drift_{field}",
        sql,
        Text(
            en="The values are shared out in the last 4 weeks as in the 26 weeks before (stability index up to {limit:g}).",
            zh="近 4 周取值分布与此前 26 周一致（稳定性指数不超过 {limit:g}）。",
        ),
        about=field,
        limit=limit,
    )
