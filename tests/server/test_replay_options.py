from fractions import Fraction

from replayx.server.replay_options import ReplayOptions
from replayx.session.clockwork import Regime
from replayx.session.session import AtEnd, OnSeek


def test_by_default_it_plays_as_recorded():
    options = ReplayOptions()
    assert (options.speed, options.regime) == (Fraction(1), Regime.WALL)
    assert (options.at_end, options.on_seek) == (AtEnd.HOLD, OnSeek.CLOSE)
    assert (options.from_at, options.to_at, options.skip_idle_ns) == (None, None, None)
