"""Pure statistics: numpy arrays in, frozen dataclasses out, nothing of ours imported. docs/methods.md shows each at work.

| family | for people with a question | inner workings |
|---|---|---|
| life data | life, median_ranks, between_repairs, survival, survival_groups, turnbull, logrank | life_data, life_fit, life_bounds, log_location_scale |
| repairable systems | recurrence, growth, growth_grouped, growth_forecast, duane, trend, mtbf | repairable, recurrence_steps, power_law, power_law_curve, mtbf_factors, cramer_von_mises |
| repeat failures | repeats, bad_actors, association | shrinkage, multiple |
| effectiveness | effectiveness, comparison, sequential | |
| failure trends | control, run_rules, time_between, cumulative, run_length, change, early_warning | periods |
| spare parts | demand, backtest, installed_base, stock, reorder_policies, periodic_review, spares | smoothing, aggregation, seasonal, forecast_methods, forecast_scores, lead_time, demand_distributions, loss_functions, renewal |
| technicians | performance, funnel | rates |
| fault text | text | |
| all | result, groups | running, elementwise |
"""
