from fractions import Fraction

from replayx.framing import frame
from replayx.session.player import Player
from replayx.timeline.playhead import Playhead
from replayx.timeline.tape import Tape
from tests.tapes import channel, source

ROWS = [(100, 0, b"a"), (200, 0, b"b")]


def _player(speed):
    tape = Tape([source([channel(0, "a")], ROWS)])
    return Player(tape, Playhead(tape.start_ns, speed=speed))


def test_it_plays_what_is_due_and_ends():
    player = _player(Fraction(1))
    assert (player.deadline_ns(0), player.play(0, 1)) == (None, [])
    assert (player.start(1_000), player.start(1_001)) == (True, False)
    assert player.deadline_ns(0) == 1_000
    assert [(one.first, one.stop) for one in player.play(1_000, 0)] == [(0, 1)]
    assert player.deadline_ns(0) == 1_100
    assert [(one.first, one.stop) for one in player.play(1_100, 0)] == [(1, 2)]
    assert (player.is_ended, player.deadline_ns(1)) == (True, None)
    assert player.position_ns(9_999) == 200


def test_at_full_speed_it_waits_for_a_watcher():
    player = _player(None)
    player.start(0)
    assert (player.deadline_ns(0), player.play(0, 0)) == (None, [])
    assert player.deadline_ns(1) == 0
    assert [(one.first, one.stop) for one in player.play(0, 1)] == [(0, 2)]
    assert (player.play(0, 1), player.is_ended, player.position_ns(0)) == ([], True, 200)


def test_when_much_is_due_it_comes_in_pieces(monkeypatch):
    monkeypatch.setattr("replayx.session.player.FLAT_OUT_BYTES", 3 * len(frame(b"x")))
    chunks = [[(100 + k, 0, b"x")] for k in range(7)]
    tape = Tape([source([channel(0, "a")], *chunks)])
    player = Player(tape, Playhead(tape.start_ns))
    player.start(0)
    pieces = []
    while not player.is_ended:
        pieces.append((len(player.play(1_000, 1)), player.is_behind))
        assert player.deadline_ns(1) is None or player.deadline_ns(1) < 1_000
    assert pieces == [(3, True), (3, True), (1, False)]
