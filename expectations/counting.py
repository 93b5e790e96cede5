"""Expectations that count and fetch nothing: all conditions of a suite in one look at its table.

Great Expectations' own for SQL asks two queries for each condition, and fetches whole rows. Rows are fetched afterwards
here, of what failed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility.sqlalchemy import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider


class RowsWhere(TableMetricProvider):  # type: ignore[misc]
    """How many rows satisfy an SQL condition; an aggregate, so that the engine asks for many in one query."""

    metric_name = "table.rows_where"
    value_keys = ("where",)

    @metric_partial(  # type: ignore[untyped-decorator]
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(cls, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> Any:  # noqa: N805  # made a method of the class by the decorator
        condition = sa.literal_column(f"({metric_value_kwargs['where']})")
        return sa.func.count().filter(condition), metric_domain_kwargs, {}


class RowsFound(TableMetricProvider):  # type: ignore[misc]
    """How many rows a query finds."""

    metric_name = "table.rows_found"
    value_keys = ("found_by",)

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(cls, execution_engine: Any, metric_value_kwargs: Any, **_: Any) -> Any:  # noqa: N805
        # A colon in it is no parameter.
        query = metric_value_kwargs["found_by"].replace(":", r"\:")
        counted = sa.select(sa.func.count()).select_from(sa.text(f"({query})"))
        return execution_engine.execute_query(counted).scalar()


class _ExpectNone(BatchExpectation):  # type: ignore[misc]
    """The metric is 0."""

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "row_condition", "condition_parser")

    def _validate(self, metrics: Any, **_: Any) -> Any:
        (found,) = metrics.values()
        return {"success": found == 0, "result": {"observed_value": found}}


class ExpectNoRowsWhere(_ExpectNone):
    """No row of the table satisfies an SQL condition."""

    where: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.rows_where",)
    success_keys: ClassVar[tuple[str, ...]] = ("where",)


class ExpectNoRows(_ExpectNone):
    """A query finds no row."""

    found_by: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.rows_found",)
    success_keys: ClassVar[tuple[str, ...]] = ("found_by",)
