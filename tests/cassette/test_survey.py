from contextlib import closing

import msgspec
import pytest

from replayx.cassette.packing import decode, encode, pack_entries, pack_record
from replayx.cassette.reader import CassetteReader
from replayx.cassette.record_file import RecordFile
from replayx.cassette.records import MAGIC, Footer, Index, InteractionIndex, RecordKind
from replayx.cassette.survey import reseal, survey
from tests.cassettes import CHANNELS, CHUNKS, HEADER, write_small


@pytest.fixture
def small(tmp_path):
    return write_small(tmp_path / "small.rpx")


def problems(path):
    with closing(RecordFile(path)) as file:
        return [(one.kind, one.reason) for one in survey(file, lambda _: None).problems]


def records(path):
    with closing(RecordFile(path)) as file:
        return [pack_record(record.kind, record.body) for record in file.records()]


def test_a_resealed_chunk_is_the_chunk(small):
    with CassetteReader(small) as reader:
        for batch, made in zip(reader.batches(), CHUNKS, strict=True):
            assert reseal(batch) == made()


def test_every_byte_is_told_to_whoever_waits(small):
    passed = []
    with closing(RecordFile(small)) as file:
        survey(file, passed.append)
        assert sum(passed) == file.file_bytes - 2 * len(MAGIC)


def test_nothing_is_wrong_with_a_whole_file(small):
    assert problems(small) == []


@pytest.mark.parametrize(
    ("order", "kind", "reason"),
    [
        ([0, 2, 3, 4, 5, 6, 7], "chunk", "not declared before"),
        ([0, 1, 2, 3, 4, 6, 5, 7], "chunk", "or later"),
        ([0, 1, 2, 3, 4, 5, 5], "chunk", "or later"),
        ([0, 1, 1, 2, 3, 4, 5], "channel", "declared twice"),
        ([0, 0, 1, 2, 3, 4, 5], "header", "second header"),
    ],
)
def test_records_out_of_place_are_told(small, tmp_path, order, kind, reason):
    all_records = records(small)
    path = tmp_path / "a.rpx"
    path.write_bytes(MAGIC + b"".join(all_records[number] for number in order))
    found = problems(path)
    assert {(kind, True)} == {(one, reason in text) for one, text in found}


def test_a_header_without_a_market_is_told(small, tmp_path):
    header = msgspec.structs.replace(HEADER, markets=())
    path = tmp_path / "a.rpx"
    path.write_bytes(MAGIC + pack_record(RecordKind.HEADER, encode(header)))
    assert "without a market" in problems(path)[0][1]


@pytest.mark.parametrize("changed", ["index", "interaction index", "footer"])
def test_an_index_that_disagrees_is_told(small, tmp_path, changed):
    *before, index, interactions, footer = records(small)
    at = len(MAGIC) + sum(map(len, before))
    body = decode(index[16:], Index)
    if changed == "index":
        other = encode(msgspec.structs.replace(body, declared=CHANNELS[:1]))
        index = pack_record(RecordKind.INDEX, other)
    elif changed == "interaction index":
        other = encode(InteractionIndex(b"", b"", b"", *pack_entries([], 1)))
        interactions = pack_record(RecordKind.INTERACTION_INDEX, other)
    frames = 12 if changed == "footer" else 11
    footer = pack_record(RecordKind.FOOTER, encode(Footer(at, at + len(index), frames, 9)))
    path = tmp_path / "a.rpx"
    path.write_bytes(MAGIC + b"".join([*before, index, interactions, footer]) + MAGIC)
    assert problems(path) == [(changed, f"an {changed} that does not agree with the records")]
