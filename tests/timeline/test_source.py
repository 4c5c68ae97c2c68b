from replayx.cassette.reader import CassetteReader
from replayx.timeline.source import CassetteSource
from tests.tapes import channel, interaction, sealed, write_cassette


def test_a_recording_plays_from_its_beginning(tmp_path):
    chunks = [sealed([], [interaction(5, "/before")]), sealed([(100, 0, b"x")])]
    path = write_cassette(tmp_path / "a.rpx", [channel(0, "a")], chunks, origin="recorded")
    with CassetteReader(path) as reader:
        assert CassetteSource(reader).start_ns == 5


def test_a_cassette_plays_from_its_first_message(tmp_path):
    path = write_cassette(
        tmp_path / "a.rpx",
        [channel(0, "a")],
        [
            sealed([], [interaction(5, "/before")]),
            sealed([(100, 0, b"x"), (200, 0, b"y")]),
            sealed([(300, 0, b"z")], [interaction(400, "/after", place=1)]),
        ],
    )
    with CassetteReader(path) as reader:
        source = CassetteSource(reader)
        assert (source.start_ns, source.end_ns) == (100, 400)
        assert [batch.start_ns for batch in source.batches(0)] == [5, 100, 300]
        assert [batch.start_ns for batch in source.batches(201)] == [300]


def test_a_cassette_of_requests_alone_plays_from_the_first(tmp_path):
    path = write_cassette(tmp_path / "a.rpx", [], [sealed([], [interaction(5, "/x")])])
    with CassetteReader(path) as reader:
        assert CassetteSource(reader).start_ns == 5
