"""The web application: reads published snapshots, computes nothing."""
