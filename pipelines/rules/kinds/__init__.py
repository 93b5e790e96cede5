"""Kinds of rules: one file each, found by itself, with its class of rules as `KIND`."""
