from fractions import Fraction
from functools import partial
from pathlib import Path

import msgspec
import pytest

from replayx.clock import VirtualClock
from replayx.errors import DamagedRunFile
from replayx.faults.rule import Plan, Rule, Where
from replayx.faults.toxics.loss import Loss
from replayx.quantities import parse_instant_ns
from replayx.ratelimit.limits_document import Limits
from replayx.server.deck import Deck
from replayx.server.replay_options import ReplayOptions
from replayx.server.run_options import cassettes_of, identity, options_of, run_header
from replayx.session.clockwork import Regime
from replayx.session.pulse import Liveness
from replayx.session.run_entry import RunHeader
from replayx.session.session import AtEnd, OnSeek

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"
OPTIONS = ReplayOptions(
    speed=Fraction(5, 2),
    at_end=AtEnd.CLOSE,
    starts="now",
    from_at=partial(parse_instant_ns, "10s"),
    to_at=partial(parse_instant_ns, "20s"),
    laps=3,
    rebase_to=partial(parse_instant_ns, "7d"),
    liveness=Liveness.TAPE,
    on_seek=OnSeek.CONTINUE,
    skip_idle_ns=5,
    roll_call=False,
    plan=Plan(rules=(Rule(name="l", toxic=Loss(), where=Where(symbol="BTCUSDT")),)),
    seed=7,
    limits=Limits(rest_limit=5),
)


def headed(options, *, wall_ns=0, timeline=""):
    deck = Deck([DEMO], options, VirtualClock(5, wall_start_ns=wall_ns))
    try:
        clock = deck.session().clock(5)
        return run_header(deck, options, timeline=timeline), clock
    finally:
        deck.close()


def again(header):
    """Return the header of a run made as a header says, from its JSON."""
    header = msgspec.json.decode(msgspec.json.encode(header), type=RunHeader)
    return headed(options_of(header), wall_ns=header.wall_offset_ns + 5)


@pytest.mark.parametrize(
    "options",
    [
        ReplayOptions(),
        ReplayOptions(speed=None, derive=False, rebase_to="now"),
        ReplayOptions(regime=Regime.LOCKSTEP),
        OPTIONS,
    ],
)
def test_a_run_is_made_again_as_its_header_says(options):
    header, clock = headed(options, wall_ns=1_800_000_000 * 10**9)
    twin, twin_clock = again(header)
    assert (twin, twin_clock) == (header, clock)


def test_a_header_tells_how_a_run_was_made():
    header, clock = headed(OPTIONS, timeline="mine")
    assert (header.timeline, header.speed, header.seed) == ("mine", "5/2", 7)
    assert (header.from_ns, header.plan["toxic"][0]["name"]) == (clock.start_ns, "l")
    assert header.limits["rest_limit"] == 5
    assert header.markets == ("binance-spot", "binance-usdm")
    assert header.cassettes == (identity(DEMO),)


@pytest.mark.parametrize("change", [{"speed": "fast"}, {"regime": "dream"}, {"at_end": ""}])
def test_a_header_that_says_what_cannot_be_is_told(change):
    header, _ = headed(ReplayOptions())
    with pytest.raises(DamagedRunFile, match="its header: "):
        options_of(msgspec.structs.replace(header, **change))


def test_a_cassette_is_known_by_its_size_and_ends(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"a" * 3_000_000)
    whole = identity(path)
    for data in (b"b" + b"a" * 2_999_999, b"a" * 2_999_999 + b"b", b"a" * 3_000_001):
        path.write_bytes(data)
        assert identity(path).sha256 != whole.sha256
    assert whole.size == 3_000_000


def test_the_cassettes_given_have_to_be_those_of_the_run(tmp_path):
    header, _ = headed(ReplayOptions())
    copy = tmp_path / "copy.rpx"
    copy.write_bytes(DEMO.read_bytes())
    assert cassettes_of(header, []) == [DEMO]
    assert cassettes_of(header, [copy]) == [copy]
    copy.write_bytes(b"other")
    with pytest.raises(DamagedRunFile, match="not what was played"):
        cassettes_of(header, [copy])
    with pytest.raises(DamagedRunFile, match="not what was played"):
        cassettes_of(header, [DEMO, DEMO])
    with pytest.raises(DamagedRunFile, match="cannot be read: No such file"):
        cassettes_of(header, [tmp_path / "gone.rpx"])
