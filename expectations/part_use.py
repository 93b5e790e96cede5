"""Parts replaced: some of a part, and another one than before."""

from bilingual.text import Text
from expectations.check import not_negative, of_entity, rows

SUITE = of_entity(
    "part_use",
    rows(
        "some_quantity",
        "quantity <= 0",
        "quantity",
        Text(en="The quantity of a part replaced is above zero.", zh="换件数量大于零。"),
    ),
    *not_negative("unit_cost"),
    rows(
        "another_serial",
        "old_serial = new_serial",
        "new_serial",
        Text(en="The part put in is another one than the part taken out.", zh="换上件与换下件的序列号不同。"),
    ),
)
