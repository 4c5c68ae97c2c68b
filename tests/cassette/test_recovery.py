import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import MAGIC, Gap, RecordKind
from replayx.cassette.recovery import repair, verify
from replayx.errors import NotACassette, ReplayxError, UnsupportedFormat, WouldOverwrite
from tests.cassette.test_reader import everything
from tests.cassettes import HEADER, write_small


@pytest.fixture
def small(tmp_path):
    return write_small(tmp_path / "small.rpx")


def damaged(path, target, *offsets):
    data = bytearray(path.read_bytes())
    for offset in offsets:
        data[offset] ^= 0x10
    target.write_bytes(data)
    return target


def without_gaps(items):
    return [item for item in items if not (isinstance(item, Gap) and "byte" in item.reason)]


def gaps(items):
    return [item for item in items if isinstance(item, Gap) and "byte" in item.reason]


def test_a_whole_file(small):
    report = verify(small)
    assert not report.is_damaged
    assert report.is_finished
    assert (report.record_count, report.chunk_count) == (11, 3)
    assert (report.frame_count, report.event_count) == (11, 9)


def test_an_unfinished_file_is_not_damaged(tmp_path):
    report = verify(write_small(tmp_path / "a.rpx", finished=False))
    assert (report.is_damaged, report.is_finished) == (False, False)


def test_verify_says_where_and_what(small, tmp_path):
    with CassetteReader(small) as reader:
        offsets = list(reader.chunks.offsets)
    report = verify(damaged(small, tmp_path / "a.rpx", offsets[0] + 50, offsets[2] + 50))
    assert [(one.offset, one.record, one.kind) for one in report.problems] == [
        (offsets[0], 5, "chunk"),
        (offsets[2], 7, "chunk"),
    ]
    assert all("checksum" in one.reason for one in report.problems)
    assert report.frame_count == 5


@pytest.mark.parametrize("ordinal", [0, 1, 2])
def test_repair_saves_the_chunks_around_a_hole(small, tmp_path, ordinal):
    with CassetteReader(small) as reader:
        offset = reader.chunks.offsets[ordinal]
        kept = [batch for number, batch in enumerate(reader.batches()) if number != ordinal]
        lost = reader.chunks.frames[ordinal]
        assert sum(batch.count for batch in kept) == 11 - lost
    source = damaged(small, tmp_path / "a.rpx", offset + 50)
    before = source.read_bytes()
    report = repair(source, tmp_path / "b.rpx")
    assert (report.frame_count, report.lost_frame_count, report.lost_span_count) == (
        11 - lost,
        lost,
        1,
    )
    assert source.read_bytes() == before
    assert not verify(tmp_path / "b.rpx").is_damaged
    found = everything(tmp_path / "b.rpx")
    whole = everything(small)
    saved = without_gaps(found)
    assert [item for item in whole if item in saved] == saved
    assert {gap.market for gap in gaps(found)} == {"alpha", "beta"}


def test_without_the_index_the_number_of_lost_messages_is_unknown(small, tmp_path):
    with CassetteReader(small) as reader:
        offset, end = reader.chunks.offsets[1], reader.data_end
    source = damaged(small, tmp_path / "a.rpx", offset + 50, end + 30)
    report = repair(source, tmp_path / "b.rpx")
    assert report.lost_frame_count is None
    assert report.lost_span_count == 1


def test_a_lost_index_is_no_lost_data(small, tmp_path):
    with CassetteReader(small) as reader:
        end = reader.data_end
    report = repair(damaged(small, tmp_path / "a.rpx", end + 30), tmp_path / "b.rpx")
    assert (report.problem_count, report.lost_span_count, report.lost_frame_count) == (1, 0, 0)
    assert everything(tmp_path / "b.rpx") == everything(small)


def test_a_lost_channel_is_taken_from_the_index(small, tmp_path):
    source = damaged(small, tmp_path / "a.rpx", _offset_of(small, RecordKind.CHANNEL) + 20)
    report = repair(source, tmp_path / "b.rpx")
    assert (report.lost_channel_count, report.frame_count) == (0, 11)
    with CassetteReader(tmp_path / "b.rpx") as reader, CassetteReader(small) as whole:
        assert reader.channels == whole.channels


def test_messages_of_a_channel_that_nobody_names_are_kept(small, tmp_path):
    with CassetteReader(small) as reader:
        end = reader.data_end
    channel = _offset_of(small, RecordKind.CHANNEL)
    source = damaged(small, tmp_path / "a.rpx", channel + 20, end + 30)
    report = repair(source, tmp_path / "b.rpx")
    assert (report.lost_channel_count, report.frame_count) == (1, 11)
    assert not verify(tmp_path / "b.rpx").is_damaged


def test_a_lost_header_is_made_up_and_told(small, tmp_path):
    source = damaged(small, tmp_path / "a.rpx", 40)
    with pytest.raises(ReplayxError):
        CassetteReader(source)
    report = repair(source, tmp_path / "b.rpx")
    assert (report.is_header_lost, report.frame_count) == (True, 11)
    with CassetteReader(tmp_path / "b.rpx") as reader:
        assert [market.name for market in reader.header.markets] == ["alpha", "beta"]
        assert "repaired" in reader.header.note


def test_a_damaged_magic_is_repaired(small, tmp_path):
    source = damaged(small, tmp_path / "a.rpx", 2)
    assert verify(source).problems[0].offset == 0
    report = repair(source, tmp_path / "b.rpx")
    assert (report.frame_count, report.lost_span_count) == (11, 0)
    with CassetteReader(tmp_path / "b.rpx") as reader:
        assert reader.header.markets == HEADER.markets


def _offset_of(path, kind):
    with CassetteReader(path) as reader:
        return next(record.offset for record in reader.file.records() if record.kind == kind)


def test_repair_of_every_truncation_is_a_whole_file_with_the_chunks_that_fit(small, tmp_path):
    data, whole = small.read_bytes(), everything(small)
    with CassetteReader(small) as reader:
        offsets = [*reader.chunks.offsets, reader.data_end]
    cut, target = tmp_path / "cut.rpx", tmp_path / "saved.rpx"
    for size in range(len(MAGIC) + 1, len(data), 7):
        cut.write_bytes(data[:size])
        report = repair(cut, target)
        assert report.chunk_count == sum(end <= size for end in offsets[1:])
        assert not verify(target).is_damaged
        saved = without_gaps(everything(target))
        assert saved == whole[: len(saved)]
        target.unlink()


def test_repair_never_writes_over_a_file(small, tmp_path):
    with pytest.raises(WouldOverwrite):
        repair(small, small)
    assert not verify(small).is_damaged


@pytest.mark.parametrize("check", [verify, lambda path: repair(path, path.with_suffix(".new"))])
@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", NotACassette), (b"text\n" * 100, NotACassette), (b"\x89RPX\r\n\x1a\x07", NotACassette)],
)
def test_what_is_no_cassette_is_refused(tmp_path, check, data, error):
    path = tmp_path / "a.rpx"
    path.write_bytes(data)
    with pytest.raises(error):
        check(path)
    assert not path.with_suffix(".new").exists()


def test_a_newer_format_is_not_damage(small, tmp_path):
    import msgspec

    from replayx.cassette.packing import encode, pack_record

    newer = msgspec.structs.replace(HEADER, format_version=2)
    path = tmp_path / "a.rpx"
    path.write_bytes(MAGIC[:-1] + b"\x02" + pack_record(RecordKind.HEADER, encode(newer)))
    with pytest.raises(UnsupportedFormat, match="version 2"):
        verify(path)
