"""A ledger: notes in the order of messages what was done to them in another order.

Messages that were held come by later than those behind them, by how much depends on the pace. So
what is done to a message is noted once nothing before it is held any more.
"""

from bisect import bisect_left
from collections.abc import Sequence

from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS, Flow
from replayx.faults.running import Running


class Ledger:
    """What is to be noted of one link, by rule."""

    def __init__(self, log: FaultLog, market: str) -> None:
        self._log = log
        self._market = market
        self._waiting: dict[Running, dict[int, int]] = {}

    def note(self, one: Running, flow: Flow, touched: Sequence[int], *, before: int) -> None:
        """Note what a rule did, now or once `settle` says so: `before` is the first that is held.

        NEVER_NS: none is.
        """
        if before == NEVER_NS and one not in self._waiting:
            one.note(flow, touched, self._log, self._market)
            return
        at_ns, index = flow.at_ns, flow.index
        waiting = self._waiting.setdefault(one, {})
        for k in touched:
            waiting.setdefault(index + k, at_ns[k])

    def settle(self, before: int = NEVER_NS) -> None:
        """Note what was done to messages before the first one that is held."""
        for one in tuple(self._waiting):
            waiting = self._waiting[one]
            ready = sorted(index for index in waiting if index < before)
            touched = [(index, waiting.pop(index)) for index in ready]
            one.note_messages(touched, self._log, self._market)
            if not waiting:
                del self._waiting[one]


class Acts:
    """What rules did to the messages of one flow."""

    def __init__(self) -> None:
        self._acts: list[tuple[Running, Sequence[int], bool]] = []

    def act(self, one: Running, flow: Flow, fired: Sequence[int]) -> bool:
        """Let a rule act on a flow; say whether it did something."""
        was_ending = flow.ending is not None
        touched = one.apply(flow, fired)
        if not len(touched):
            return False
        self._acts.append((one, touched, flow.ending is not None and not was_ending))
        return True

    @property
    def last(self) -> int | None:
        """The message with which the connection ends; None: it doesn't."""
        return next((touched[-1] for _, touched, is_end in self._acts if is_end), None)

    def note(self, ledger: Ledger, flow: Flow, *, stop: int, before: int = NEVER_NS) -> None:
        """Note what was done to the messages before `stop`: what is behind an end never came.

        `before` is the first message that is held.
        """
        for one, touched, _ in self._acts:
            some = touched if stop >= flow.count else touched[: bisect_left(touched, stop)]
            if len(some):
                ledger.note(one, flow, some, before=before)
