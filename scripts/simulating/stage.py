"""What episodes are played on: the cassette, the toxics and failures there are, and sessions."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random

from simulating.plans import MARKETS, Stock

from replayx.clock import VirtualClock
from replayx.faults.fault_log import FaultLog
from replayx.faults.registry import load_toxic, toxic_names
from replayx.faults.rule import Plan
from replayx.faults.shock import shocks_of
from replayx.server.deck import Deck
from replayx.server.replay_options import ReplayOptions
from replayx.session.clockwork import Regime
from replayx.session.pulse import Liveness
from replayx.session.session import AtEnd, OnSeek, ReplaySession
from replayx.venues.registry import load_venue

_SPEEDS = (Fraction(1), Fraction(1), Fraction(10), None)


class Show:
    """A session at the beginning of its tape; to be closed."""

    def __init__(self, deck: Deck, options: ReplayOptions) -> None:
        self._deck = deck
        self._shocks = shocks_of(options.plan)
        self.options = options
        self.session: ReplaySession = deck.session()

    @property
    def log(self) -> FaultLog:
        """What was injected."""
        return self.session.injector.log

    def build(self, market: str) -> None:
        """Build a market's history, at once."""
        self._deck.histories[market].make(warn=_ignore)
        self._deck.histories[market].build()

    def with_shocks(self, plan: Plan) -> Plan:
        """Return a plan with the shocks that the tape was made with: they can't change."""
        kept = {rule.name for rule in self._shocks}
        others = tuple(rule for rule in plan.rules if rule.name not in kept)
        return Plan(seed=plan.seed, rules=(*self._shocks, *others))

    def close(self) -> None:
        """Close the cassette."""
        self._deck.close()


class Stage:
    """A cassette, and how sessions of it are drawn."""

    def __init__(self, cassette: Path) -> None:
        self._cassette = cassette
        venues = {name: load_venue(name) for name in MARKETS}
        self.stock = Stock(
            {name: load_toxic(name) for name in toxic_names()},
            tuple(sorted({word for venue in venues.values() for word in venue.failures})),
            venues,
        )

    def show(self, chance: Random, plan: Plan) -> Show:
        """Return a session with drawn options and this plan."""
        choose: Callable = chance.choice
        regime = choose((Regime.WALL, Regime.WALL, Regime.WALL, Regime.LOCKSTEP))
        options = ReplayOptions(
            plan=plan,
            seed=chance.randrange(1 << 32),
            speed=choose(_SPEEDS),
            regime=regime,
            liveness=choose((None, None, Liveness.TAPE)),
            on_seek=choose(tuple(OnSeek)),
            at_end=choose((AtEnd.HOLD, AtEnd.CLOSE)),
            laps=choose((1, 1, 1, 2)),
            roll_call=choose((True, True, False)),
            derive=choose((True, True, False)),
        )
        deck = Deck([self._cassette], options, VirtualClock())
        deck.prepare()
        return Show(deck, options)


def _ignore(text: str) -> None:
    """An index that can't be kept is no matter."""
    del text
