"""Where a session stands: what its clock tells to whoever drives it."""

from replayx.session.clockwork import Clockwork, Regime
from replayx.session.effects import ClockState
from replayx.session.player import Player


class Standing:
    """What can be asked of a session at any time; nothing here changes it."""

    _clockwork: Clockwork

    @property
    def is_flat_out(self) -> bool:
        """Whether messages go as fast as they can be written: the caller minds backpressure."""
        return self._player.is_flat_out

    @property
    def is_lockstep(self) -> bool:
        """Whether only commands move the tape: the caller answers them when all was written."""
        return self._clockwork.regime is Regime.LOCKSTEP

    @property
    def is_behind(self) -> bool:
        """Whether more was due than is sent at once: the caller lets clients read in between."""
        return self._player.is_behind

    @property
    def is_started(self) -> bool:
        """Whether the timeline runs."""
        return self._player.is_started

    @property
    def is_ended(self) -> bool:
        """Whether the tape has ended."""
        return self._player.is_ended

    def position_ns(self, now_ns: int) -> int:
        """Return the position on the tape, never past its end."""
        return self._player.position_ns(now_ns)

    def clock(self, now_ns: int) -> ClockState:
        """Return where the clock stands."""
        return self._clockwork.state(now_ns)

    @property
    def _player(self) -> Player:
        return self._clockwork.player
