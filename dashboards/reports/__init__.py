"""Reports that are sent: mail with pictures, PDF and Excel, of one period and one snapshot, with the numbers of the pages.

A report is a file in `kinds/`. `render` makes its content as data (`blocks`), `writers/` make files of that, `pictures` draws
what is in it; `python -m dashboards.reports` does all of it in a process of its own.
"""
