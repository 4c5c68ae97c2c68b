import msgspec

from replayx.session.run_entry import (
    AnsweredEntry,
    CassetteIdentity,
    EndEntry,
    RunEntry,
    RunHeader,
    SentEntry,
    TurnsEntry,
)
from replayx.session.transcript_entry import Place

PLACE = Place(seq=1, at_ns=2, now_ns=3)


def test_entries_come_back_from_json():
    entries = [
        TurnsEntry(**PLACE, first_ns=5, later_ns=(1, 2)),
        SentEntry(**PLACE, connection=1, size=9, digest="ab", marks=("cd",)),
        AnsweredEntry(**PLACE, number=1, status=200, size=2, digest="ef"),
        EndEntry(**PLACE, sent=10, fault_digest="00"),
    ]
    data = msgspec.json.encode(entries)
    assert msgspec.json.decode(data, type=list[RunEntry]) == entries
    assert [one["kind"] for one in msgspec.json.decode(data)] == ["turns", "sent", "answered",
                                                                  "end"]  # fmt: skip


def test_a_header_comes_back_from_json():
    header = RunHeader(
        replayx="1",
        cassettes=(CassetteIdentity("a.rpx", 10, "00"),),
        markets=("m",),
        speed="1/2",
        regime="wall",
        at_end="hold",
        starts="now",
        on_seek="close",
        rebase=5,
        plan={"toxic": [{"type": "drop"}]},
    )
    data = msgspec.json.encode(header)
    assert msgspec.json.decode(data, type=RunHeader) == header
    assert msgspec.json.decode(data)["kind"] == "run"
