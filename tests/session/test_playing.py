import pytest

from replayx.framing import TEXT, split_frames
from replayx.session.effects import CloseConnection, SendFrames, Started
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
    return [bytes(payload) for opcode, payload in split_frames(got) if opcode == TEXT]


@pytest.mark.parametrize("step_ns", [S // 3, S, 7 * S])
@pytest.mark.parametrize(
    "plan", [[], [{"type": "loss", "rate": 1, "where": {"connection": 9}}], [LATENCY]]
)
def test_rules_that_change_no_byte_leave_every_byte_as_it_was(plan, step_ns):
    expected = [b"<%c|%s>" % (b"ab"[number], text) for _, number, text in ROWS]
    assert received(play_with(*plan), 40 * S, step_ns) == expected
    assert received(make(), 40 * S, step_ns) == expected


def test_more_than_may_leave_at_once_is_behind(monkeypatch):
    monkeypatch.setattr("replayx.session.link_table.WRITE_BYTES", 1)
    monkeypatch.setattr("replayx.session.link_table.FLAT_OUT_BYTES", 1)
    play = play_with(LATENCY)
    opened(play, 1, "/s/a") >> [Started(0)]
    for now_ns in (0, 2 * S):
        play.session.advance(now_ns)
    for _ in range(3):
        play.session.handle(MessageReceived(1, b"what"), 2 * S)
    late_ns, sizes = 2 * S + 100 * MS, []
    while play.session.next_deadline_ns() <= late_ns:
        sizes.append(len(play.session.advance(late_ns)))
        assert play.session.is_behind == (play.session.next_deadline_ns() <= late_ns)
    assert sum(sizes) == 4
    assert len(sizes) > 1


def test_a_connection_that_both_directions_end_ends_once():
    cut = {"type": "day_cut"}
    play = play_with(cut, {**cut, "where": {"direction": "upstream"}})
    opened(play, 1, "/api")
    play._effects = None
    effects = play.session.handle(MessageReceived(1, b"what"), 0)
    ends = [one for one in effects if isinstance(one, CloseConnection)]
    assert ends == [CloseConnection(1, 1001, "")]
