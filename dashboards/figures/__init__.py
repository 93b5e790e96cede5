"""Figures: functions from data to a plotly figure as a plain dict; no query and no layout of a page in them."""
