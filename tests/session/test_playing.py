import pytest

from replayx.framing import frame
from replayx.session.effects import SendFrames, Started
from replayx.session.inputs import MessageReceived
from tests.session.clocked import ROWS, make, opened
from tests.session.playbook import S
from tests.session.test_links import LATENCY, MS, play_with


def received(play, until_ns, step_ns):
    opened(play, 1, "/c/a/b")
    play._effects = None
    got = b""
    for now_ns in range(0, until_ns, step_ns):
        for effect in play.session.advance(now_ns):
            if isinstance(effect, SendFrames):
                got += bytes(effect.frames)
    return got


@pytest.mark.parametrize("step_ns", [S // 3, S, 7 * S])
@pytest.mark.parametrize(
    "plan", [[], [{"type": "loss", "rate": 1, "where": {"connection": 9}}], [LATENCY]]
)
def test_rules_that_change_no_byte_leave_every_byte_as_it_was(plan, step_ns):
    expected = b"".join(
        frame(b"<" + b"ab"[number : number + 1] + b"|" + text + b">") for _, number, text in ROWS
    )
    assert received(play_with(*plan), 40 * S, step_ns) == expected
    assert received(make(), 40 * S, step_ns) == expected


def test_more_than_may_leave_at_once_is_behind(monkeypatch):
    monkeypatch.setattr("replayx.session.link_table.WRITE_BYTES", 1)
    monkeypatch.setattr("replayx.session.link_table.FLAT_OUT_BYTES", 1)
    play = play_with(LATENCY)
    opened(play, 1, "/s/a") >> [Started(0)]
    for now_ns in (0, 2 * S):
        play.session.advance(now_ns)
    play.session.handle(MessageReceived(1, b"what"), 2 * S)
    assert play.session.advance(2 * S + 100 * MS) == [SendFrames((1,), frame(b"2"))]
    assert play.session.is_behind
    assert play.session.advance(2 * S + 100 * MS) == [SendFrames((1,), frame(b"what?"))]
    assert not play.session.is_behind
