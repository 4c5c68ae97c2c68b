"""A short run of scripts/simulate.py: random sessions keep every invariant, and repeat."""

import sys
from pathlib import Path
from random import Random

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import simulate  # noqa: E402
from simulating.stage import Stage  # noqa: E402
from simulating.world import Broken, World  # noqa: E402

from replayx.session.effects import CloseConnection, Reply, SendFrames  # noqa: E402
from replayx.session.inputs import ConnectionAsked, ConnectionOpened  # noqa: E402
from replayx.venues.venue import HttpReply  # noqa: E402


@pytest.fixture(scope="module")
def stage():
    return Stage(simulate.CASSETTE)


@pytest.mark.parametrize("seed", range(20, 25))
def test_random_sessions_keep_every_invariant(stage, seed):
    simulate.played(stage, seed, minutes=0.5)


def test_the_same_seed_comes_out_the_same(stage):
    first = simulate.played(stage, 5, minutes=0.5, times=2)
    assert simulate.played(stage, 6, minutes=0.2).digest != first.digest


def test_a_broken_episode_is_told_with_the_command_that_repeats_it(stage, monkeypatch, capsys):
    def broken(*_, **__):
        raise Broken("something")

    monkeypatch.setattr(simulate, "played", broken)
    assert simulate.simulate(77, hours=1, minutes=1, twice=0, stage=stage) == 1
    assert "scripts/simulate.py --seed 77 --hours 0.001 --minutes 1 --twice 0" in (
        capsys.readouterr().out
    )


class Scripted:
    """A session that says what it is told to."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def handle(self, event, now_ns):
        return self.answers.pop(0)

    advance = handle


ASKED = ConnectionAsked(1, "m", "/ws/a")


@pytest.mark.parametrize(
    ("effect", "what"),
    [
        (SendFrames((1,), b"\x81\x00"), "not open"),
        (SendFrames((9,), b"\x81\x00"), "not open"),
        (CloseConnection(1, 1001, ""), "connection is asked"),
        (Reply(3, HttpReply(200, b"")), "a reply to nobody"),
    ],
)
def test_what_is_wrong_is_seen(effect, what):
    world = World(Scripted([effect]), Random(1), lambda market: None)
    with pytest.raises(Broken, match=what):
        world.feed(ASKED)


def test_what_ended_is_written_to_no_more():
    from replayx.session.effects import Accept

    sent = SendFrames((1,), b"\x81\x00")
    world = World(
        Scripted([Accept(1)], [sent, CloseConnection(1, 1001, ""), sent]), Random(1), print
    )
    world.feed(ASKED)
    with pytest.raises(Broken, match="not open"):
        world.feed(ConnectionOpened(1))
