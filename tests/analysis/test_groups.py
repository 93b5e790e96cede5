"""Numbers once each with their places: as numpy tells them by sorting, dense or thin."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.groups import distinct


@pytest.mark.parametrize("space", [50, 1_500, 10**12])
def test_each_number_is_there_once_in_order_and_every_row_finds_its_own(space: int) -> None:
    code = np.random.default_rng(1).integers(0, space, 40)
    which, place = distinct(code, space)
    expected, back = np.unique(code, return_inverse=True)
    assert which.tolist() == expected.tolist()
    assert place.tolist() == back.tolist()


def test_of_no_rows_there_are_no_numbers() -> None:
    which, place = distinct(np.zeros(0, dtype=np.int64), 0)
    assert which.size == place.size == 0
