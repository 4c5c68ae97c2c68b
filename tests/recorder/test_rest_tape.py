"""A request and its answer are one event."""

from replayx.cassette.records import Interaction
from replayx.recorder.rest_tape import record_exchange
from replayx.recorder.upstream import Answer
from replayx.venues.venue import HttpRequest
from tests.recorder.fake_recording import FakeRecording


def test_everything_is_kept():
    recording = FakeRecording()
    asked = HttpRequest("POST", "/p?q=1", (("A", "1"),), b"body")
    answer = Answer(201, "Made", (("B", "2"),), b"answer")
    record_exchange(recording, asked, answer, 400, label="why")
    assert recording.entries == [
        Interaction(
            0, 1_000, "binance-spot", "rest", 0, "POST", "/p?q=1", (("A", "1"),), b"body",
            201, (("B", "2"),), b"answer", 600, "why",
        )
    ]  # fmt: skip
