"""REST as it is recorded: a request and its answer are one event, at the time of the answer."""

from functools import partial

from replayx.cassette.records import Interaction
from replayx.recorder.recording import Recording
from replayx.recorder.upstream import Answer
from replayx.venues.venue import HttpRequest


def record_exchange(
    recording: Recording, asked: HttpRequest, answer: Answer, started_ns: int, *, label: str = ""
) -> None:
    """Record a request that was sent at `started_ns` with its answer, which is complete now."""
    event = partial(
        Interaction,
        market=recording.market,
        kind="rest",
        connection=0,
        method=asked.method,
        target=asked.target,
        request_headers=asked.headers,
        request_body=asked.body,
        status=answer.status,
        response_headers=answer.headers,
        response_body=answer.body,
        latency_ns=recording.stamp() - started_ns,
        label=label,
    )
    recording.add(event)
