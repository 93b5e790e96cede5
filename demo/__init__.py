"""The demo organisation: three years of records, and the truths that the analysis has to find in them."""

from demo.generate import generate
from demo.truths import Truths

__all__ = ["Truths", "generate"]
