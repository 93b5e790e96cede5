"""Rules of single records: calls, serious failures and complaints, complaints and actions overdue, contracts that end."""

from __future__ import annotations

import datetime as dt

import pytest
from factories import warehouse
from ruling import about, found

from warehouse.reading import Reading
from warehouse.settings import Settings

# A Tuesday at noon; urban calls are due after 6 working hours of 8:30 to 17:30, suburban ones after 7.
SETTINGS = {"holidays": "", "as_of": "2024-04-02T12:00Z"}
# Due: A today 14:30, in 2.5 h. B, of this minute, tomorrow at 9:00, in 5.5 + 0.5 h. C yesterday 16:00. D and E were reached or repaired.
# F is of a zone that promises nothing. G is due today 14:00, in 2 h.
TICKETS = """
ticket_id | region | product_line | customer_id | zone     | opened_at        | arrived_at       | resolved_at      | closed_at
A         | north  | Doors        | C1          | urban    | 2024-04-01 17:30 |                  |                  |
B         | north  | Doors        | C1          | urban    | 2024-04-02 12:00 |                  |                  |
C         | south  | Brakes       | C2          | suburban | 2024-04-01 09:00 |                  |                  |
D         | south  | Brakes       | C2          | urban    | 2024-03-20 09:00 | 2024-03-28 09:00 |                  |
E         | south  | Brakes       | C2          | urban    | 2024-03-20 09:00 |                  | 2024-03-28 09:00 |
F         | south  | Brakes       | C2          |          | 2024-03-20 09:00 |                  |                  |
G         |        |              | C2          | urban    | 2024-04-01 17:00 |                  |                  |
H         | south  | Brakes       | C2          | urban    | 2024-03-20 09:00 | 2024-03-20 10:00 | 2024-03-20 12:00 | 2024-03-20 13:00
"""
FAULTS = """
fault_id | ticket_id | component | severity
F1       | A         | valve     | critical
F2       | C         | lock      | degraded
F3       | D         | pad       | critical
F4       | D         | lever     | degraded
F5       | E         | pad       | critical
F6       | H         | pad       | critical
"""
COMPLAINTS = """
complaint_id | ticket_id | owner | category        | severity | opened_at        | due_at           | answered_at      | closed_at
P1           | C         | Wang  | product_quality | critical | 2024-03-02 00:00 | 2024-03-23 12:00 |                  |
P2           | A         | Li    | parts           | degraded | 2024-03-31 12:00 |                  |                  |
P3           | A         | Li    | parts           | critical | 2024-03-31 12:01 |                  |                  |
P4           |           | Li    | other           | critical | 2024-03-05 00:00 | 2024-03-07 00:00 | 2024-03-20 00:00 |
P5           | D         | Li    | other           | critical | 2024-03-05 00:00 | 2024-03-07 00:00 | 2024-03-20 00:00 | 2024-03-21 00:00
"""
REPORTS = """
report_id | ticket_id | state      | severity | owner | component | occurred_at      | submitted_at
R1        | C         | monitoring | critical | Sun   | lock      | 2024-03-01 08:00 | 2024-03-02 08:00
R2        |           | closed     | critical | Sun   | lock      | 2024-03-01 08:00 | 2024-03-02 08:00
R3        |           | draft      | critical | Sun   | lock      | 2024-03-01 08:00 |
R4        |           | analysing  | degraded | Sun   | lock      | 2024-03-01 08:00 | 2024-03-02 08:00
"""
ACTIONS = """
action_id | owner | product_line | description | due_on     | implemented_at
A1        | Sun   | Doors        | new rings   | 2024-04-01 |
A2        |       |              |             | 2024-03-01 |
A3        | Sun   |              | done        | 2024-02-01 | 2024-03-01 00:00
A4        | Sun   |              | due today   | 2024-04-02 |
"""
# On the list until 2 June, to be contacted from 1 month before the end.
CONTRACTS = """
contract_id | kind        | customer_id | asset_id | starts_at  | ends_at    | price
K1          | maintenance | C1          | U1       | 2023-05-01 | 2024-05-10 | 100
K2          | maintenance | C1          | U2       | 2023-05-01 | 2024-06-02 | 900
K3          | warranty    | C2          | U3       | 2023-05-01 | 2024-05-02 | 100
K4          | maintenance | C2          | U4       | 2023-05-01 | 2024-06-03 | 100
K5          | maintenance | C2          | U5       | 2023-05-01 | 2024-04-12 | 100
"""
ASSETS = """
asset_id | customer_id | region
U1       | C1          | north
U2       | C1          | north
U3       | C2          | south
U4       | C2          | south
U5       | C2          | south
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(
        tmp_path_factory.mktemp("records"),
        SETTINGS,
        ticket=TICKETS,
        fault=FAULTS,
        complaint=COMPLAINTS,
        fracas_report=REPORTS,
        action=ACTIONS,
        contract=CONTRACTS,
        asset=ASSETS,
        customer="customer_id | name\nC1 | First Metro\nC2 | Second Metro",
    )


def test_a_call_is_told_so_many_working_hours_before_its_target_and_again_when_it_missed_it(reading: Reading) -> None:
    assert about(found(reading, "response_due", hours=1.99)) == ["C"]
    assert about(found(reading, "response_due", hours=2)) == ["G", "C"]
    assert about(found(reading, "response_due", hours=2.5)) == ["G", "A", "C"]
    # What is left of today from noon is 5.5 h; B has half an hour of tomorrow.
    assert about(found(reading, "response_due", hours=5.5 + 0.49)) == ["G", "A", "C"]
    every = found(reading, "response_due", hours=5.5 + 0.5)
    assert about(every) == ["G", "A", "B", "C"]
    told = dict(zip(about(every), every, strict=True))
    assert told["A"].text.en == (
        "Call A in north, Doors falls due in 2.5 working hours, at 2024-04-02 14:30, and nobody is there yet."
    )
    assert "was due at 2024-04-01 16:00, 20 h ago" in told["C"].text.en
    assert (told["C"].region, told["C"].product_line, told["G"].region) == ("south", "Brakes", None)
    assert told["A"].address == "/record?ticket=A"
    assert told["C"].size is not None
    assert told["A"].size is not None
    assert told["C"].size > told["A"].size * 1.5, "missing it is news again"


def test_calls_that_were_missed_or_came_before_a_day_can_be_left_out(reading: Reading) -> None:
    assert about(found(reading, "response_due", hours=2, missed=False)) == ["G"]
    assert about(found(reading, "response_due", hours=8, since=dt.date(2024, 4, 2))) == ["B"]


def test_each_serious_thing_is_a_problem_of_its_own_the_newest_first(reading: Reading) -> None:
    several = found(reading, "serious", urgent=True, severity="critical")
    # E and H are repaired, P5 is closed, R2 closed and R3 not submitted yet.
    assert about(several) == [
        "failure/A", "complaint/P3", "failure/D", "complaint/P4", "report/R1", "complaint/P1",
    ]  # fmt: skip
    told = dict(zip(about(several), several, strict=True))
    assert told["failure/D"].text.en == "Critical failure in south, Brakes: pad, ticket D, open since 2024-03-20."
    assert (
        told["complaint/P1"].text.en
        == "Serious complaint in south, Brakes: Product quality, P1, open since 2024-03-02."
    )
    assert told["complaint/P1"].text.zh == "严重投诉（south，Brakes）：产品质量，P1，投诉日期 2024-03-02。"
    assert told["report/R1"].text.en == "Report of a critical failure in south, Brakes: lock, R1, since 2024-03-02."
    assert (told["report/R1"].region, told["report/R1"].owner) == ("south", "Sun")
    assert (told["complaint/P4"].region, told["complaint/P4"].address) == (None, "/service?look=complaints&from=all")
    assert all(one.is_urgent and one.size is None for one in several)


def test_of_serious_things_some_may_be_left_out(reading: Reading) -> None:
    assert about(found(reading, "serious", of=["report"])) == ["report/R1"]
    assert about(found(reading, "serious", since=dt.date(2024, 3, 31))) == ["failure/A", "complaint/P3"]


def test_a_complaint_is_overdue_beyond_its_date_or_the_hours_of_the_house(reading: Reading) -> None:
    # P2 was due at noon, which it is; P3 is due in a minute.
    assert about(found(reading, "complaint_due")) == ["P1"]
    (_, late) = found(reading, "complaint_due", Settings(time_zone="UTC", complaint_answer_hours=47.99))
    assert late.text.en.startswith("Complaint P2 in north (Parts) was to be answered by 2024-04-02")
    (one,) = found(reading, "complaint_due")
    assert (one.owner, one.region, one.size) == ("Wang", "south", 10.0)
    assert "10 days overdue; owner: Wang" in one.text.en


def test_an_action_is_overdue_from_the_day_after_it_was_due_and_names_its_owner(reading: Reading) -> None:
    several = found(reading, "actions_overdue")
    assert about(several) == ["A2", "A1"]
    assert [one.size for one in several] == [32.0, 1.0]
    assert several[1].text.en == "Action A1 of Sun was due on 2024-04-01 and is 1 days overdue: new rings"
    assert (several[1].owner, several[1].product_line, several[0].owner) == ("Sun", "Doors", None)
    assert about(found(reading, "actions_overdue", days=2)) == ["A2"]


def test_a_contract_is_told_when_it_is_listed_and_for_each_contact_again(reading: Reading) -> None:
    several = found(reading, "contracts")
    assert about(several) == ["K5", "K3", "K1", "K2"]
    # K5: contacts were due on 12, 19, 26 March and today; K3: the first today; the others are listed.
    assert [one.size for one in several] == [100.0**4, 100.0, 1.0, 1.0]
    assert "contact 4 was due on 2024-04-02" in several[0].text.en
    assert several[3].text.en == (
        "Maintenance contract K2 of First Metro in north ends on 2024-06-02 (price 900), and nothing follows it; "
        "contact them from 2024-05-02."
    )
    assert several[3].region == "north"
    assert about(found(reading, "contracts", step="first")) == ["K5", "K3"]
    assert about(found(reading, "contracts", kinds=["warranty"])) == ["K3"]


def test_where_nobody_delivers_them_nothing_is_wrong(tmp_path_factory: pytest.TempPathFactory) -> None:
    bare = warehouse(tmp_path_factory.mktemp("bare"), SETTINGS, ticket="ticket_id | opened_at\nT | 2024-03-01 08:00")
    for kind in ("response_due", "serious", "complaint_due", "actions_overdue", "actions_ineffective", "contracts"):
        assert found(bare, kind) == []
    for kind in ("stock", "suspects", "target", "early_warning", "control_chart"):
        assert found(bare, kind) == []
