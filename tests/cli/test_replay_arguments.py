"""What replay is told becomes options."""

from fractions import Fraction

import pytest

from replayx.cli.replay_arguments import replay_options
from replayx.errors import InvalidOption
from replayx.faults.rule import Plan
from replayx.session.clockwork import Regime
from replayx.session.session import AtEnd

WORDS = {
    "speed": "1",
    "at_end": "hold",
    "from_": None,
    "to": None,
    "rebase": "off",
    "loop": None,
    "derive": "on",
    "skip_idle": None,
    "regime": "wall",
    "liveness": None,
    "on_seek": "close",
    "no_roll_call": False,
    "timelines": (),
    "limits": "off",
    "tls_cert": None,
    "tls_key": None,
}
START_NS = 1_700_000_000_000_000_000


def test_words_become_options():
    options = replay_options(
        **WORDS
        | {
            "speed": "1/3",
            "at_end": "exit",
            "from_": "90s",
            "rebase": "now",
            "loop": "3",
            "skip_idle": "250ms",
            "regime": "lockstep",
            "timelines": ("mine=8090",),
        },
        plan=Plan(seed=3),
        seed=5,
    )
    assert options.speed == Fraction(1, 3)
    assert options.at_end is AtEnd.EXIT
    assert options.from_at(START_NS) == START_NS + 90_000_000_000
    assert (options.rebase_to, options.laps, options.skip_idle_ns) == ("now", 3, 250_000_000)
    assert options.regime is Regime.LOCKSTEP
    assert options.timelines == (("mine", 8090),)
    assert (options.plan, options.seed) == (Plan(seed=3), 5)


@pytest.mark.parametrize(
    ("word", "given", "told"),
    [
        ("speed", "fast", "--speed"),
        ("from_", "soon", "the time 'soon'"),
        ("loop", "0", "--loop"),
        ("timelines", ("mine",), "--timeline"),
        ("timelines", ("mine=99999",), "--timeline"),
        ("skip_idle", "5", "the duration '5'"),
    ],
)
def test_words_that_cannot_be(word, given, told):
    with pytest.raises(InvalidOption, match=told):
        replay_options(**WORDS | {word: given})
