"""A rule at work on one link: its toxic, what it selects, and its chance."""

from collections.abc import Sequence

from replayx.faults.draws import Chance, FlowDraws
from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS, Flow
from replayx.faults.rule import Rule
from replayx.faults.selector import Selector
from replayx.faults.toxic import LinkToxic


class Running:
    """What runs on one lane of a link. `name` is the lane's, as the log has it."""

    def __init__(
        self, rule: Rule, toxic: LinkToxic, selector: Selector, chance: Chance, *, name: str
    ) -> None:
        self.rule = rule
        self.stage = rule.toxic.stage
        self.name = name
        self._toxic = toxic
        self._selector = selector
        self._chance = chance

    @property
    def seed(self) -> int:
        """What its chance is drawn by."""
        return self._chance.seed

    @property
    def end_ns(self) -> int:
        """When on the tape its window is over, as far as it is known; NEVER_NS: it is not."""
        window = self._selector.window
        return NEVER_NS if window.is_always else window.span_ns()[1]

    def select(self, flow: Flow) -> Sequence[int]:
        """Return the messages that it acts on. Each message is to be asked about once, in order."""
        return self._selector.select(flow, FlowDraws(self._chance, flow.index, flow.count))

    def apply(self, flow: Flow, fired: Sequence[int]) -> Sequence[int]:
        """Act on the fired messages; return those it did something to, to be noted."""
        draws = FlowDraws(self._chance, flow.index, flow.count)
        return self._toxic.apply(flow, fired, draws)

    def note(self, flow: Flow, touched: Sequence[int], log: FaultLog, market: str) -> None:
        """Note what it did."""
        if not isinstance(touched, range) or touched.step != 1:
            at_ns, index = flow.at_ns, flow.index
            self.note_messages([(index + k, at_ns[k]) for k in touched], log, market)
            return
        log.note_span(
            self.rule.name,
            self.rule.toxic.type,
            market=market,
            link=self.name,
            first=flow.index + touched[0],
            last=flow.index + touched[-1],
            at_ns=lambda: flow.at_ns[touched[0]],
        )

    def note_messages(self, touched: Sequence[tuple[int, int]], log: FaultLog, market: str) -> None:
        """Note what it did: (index on the link, time on the tape) of each message, ascending."""
        log.note(
            self.rule.name, self.rule.toxic.type, market=market, link=self.name, touched=touched
        )
