"""The register's pages: forms and lists that the server writes, so that they open on any phone and work by keyboard alone.

See docs/decisions/0013: dashboards are Dash, because they are figures that ask for themselves; a form is a page that is
sent, and answers with another.
"""
