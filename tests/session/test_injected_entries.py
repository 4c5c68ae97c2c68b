import msgspec

from replayx.faults.fault_log import Injected
from replayx.session.injected_entries import fault_entries
from replayx.session.transcript_entry import Entry, Place

PLACE = Place(seq=3, at_ns=5, now_ns=7)


def injected(rule, first, last, link="k"):
    return Injected(rule=rule, toxic="t", market="m", link=link, first=first, last=last, at_ns=1)


def test_what_is_injected_is_one_entry_a_rule_and_link():
    entries = fault_entries(
        [injected("r", 1, 2), injected("r", 5, 5), injected("r", 1, 1, "l"), injected("q", 0, 0)],
        PLACE,
    )
    assert [(one.rule, one.link, one.count, one.runs) for one in entries] == [
        ("r", "k", 3, ((1, 2), (5, 5))),
        ("r", "l", 1, ((1, 1),)),
        ("q", "k", 1, ((0, 0),)),
    ]
    assert [one.seq for one in entries] == [3, 4, 5]
    data = msgspec.json.encode(entries[0])
    assert msgspec.json.decode(data, type=Entry) == entries[0]


def test_very_many_runs_are_counted_and_not_all_told():
    (entry,) = fault_entries([injected("r", 2 * k, 2 * k) for k in range(5)], PLACE, runs_max=2)
    assert (entry.count, entry.runs) == (5, ((0, 0), (2, 2)))
