"""What the demo has seen, and how it shows it: a live table, or a line a second in a pipe."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from replayx.clock import NS_PER_S
from replayx.venues.venue import Quote

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

BUSIEST_COUNT = 12  # channels shown: what fits a small terminal


class Board:
    """Prices, counts and the position, as messages come in. Pure: times are handed in."""

    def __init__(self, urls: Mapping[str, Mapping[str, str]], start_ns: int, end_ns: int) -> None:
        self.urls = urls
        self._start_ns, self._end_ns = start_ns, end_ns  # of the tape
        self._at_ns = start_ns
        self.quotes: dict[tuple[str, str], Quote] = {}
        self.totals: Counter[tuple[str, str]] = Counter()
        self.rates: dict[tuple[str, str], float] = {}
        self._measured: Counter[tuple[str, str]] = Counter()
        self._measured_ns = 0

    @property
    def rate(self) -> float:
        """Messages a second, all channels together."""
        return sum(self.rates.values())

    def saw(self, market: str, channel: str, quote: Quote | None) -> None:
        """Count a message and keep the prices it told."""
        self.totals[market, channel] += 1
        if quote is None:
            return
        before = self.quotes.get((market, quote.symbol), Quote(quote.symbol))
        self.quotes[market, quote.symbol] = Quote(
            quote.symbol,
            quote.last or before.last,
            quote.bid or before.bid,
            quote.ask or before.ask,
        )

    def reached(self, at_ns: int) -> None:
        """Move the position on to a moment of the tape; it never goes back."""
        self._at_ns = max(self._at_ns, at_ns)

    def measure(self, now_ns: int) -> None:
        """Work out the rates since the last call."""
        span_ns = now_ns - self._measured_ns
        if span_ns <= 0:
            return
        self.rates = {
            key: (count - self._measured[key]) * NS_PER_S / span_ns
            for key, count in self.totals.items()
        }
        self._measured, self._measured_ns = self.totals.copy(), now_ns

    # ---- how it looks

    def position(self) -> str:
        """Return where on the tape this is: `0:42 of 2:45`."""
        reached = _minutes(self._at_ns - self._start_ns)
        return f"{reached} of {_minutes(self._end_ns - self._start_ns)}"

    def line(self) -> str:
        """Return one line for a pipe."""
        prices = [
            f"{market} {quote.symbol} {_short(quote.last)} ({_short(quote.bid)} / "
            f"{_short(quote.ask)})"
            for (market, _), quote in sorted(self.quotes.items())
        ]
        total = f"{self.rate:,.0f} msg/s, {self.totals.total():,} in all"
        return f"{self.position()}  {total}  " + "  ".join(prices)

    def table(self) -> "Group":
        """Return the whole board for a terminal."""
        from rich.console import Group
        from rich.text import Text

        heading = Text(f"tape {self.position()}    ")
        heading.append(f"{self.rate:,.0f} messages/s", style="bold")
        return Group(self._urls(), heading, self._prices(), self._channels())

    def _urls(self) -> "Group":
        from rich.console import Group
        from rich.text import Text

        lines = [Text("Paste these into your own bot; the tape answers it too.", style="dim")]
        for market, addresses in self.urls.items():
            shown = "   ".join(f"{role} {url}" for role, url in addresses.items())
            lines.append(Text.assemble((f"{market:<14}", "bold"), shown))
        return Group(*lines, Text(""))

    def _prices(self) -> "Table":
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for name in ("market", "symbol"):
            table.add_column(name)
        for name, style in (("last", "bold"), ("bid", "green"), ("ask", "red")):
            table.add_column(name, justify="right", style=style)
        for (market, symbol), quote in sorted(self.quotes.items()):
            table.add_row(market, symbol, *map(_short, quote[1:]))
        return table

    def _channels(self) -> "Table":
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for name in ("market", "channel"):
            table.add_column(name)
        for name in ("messages/s", "messages"):
            table.add_column(name, justify="right")
        for (market, channel), total in self.totals.most_common(BUSIEST_COUNT):
            rate = self.rates.get((market, channel), 0.0)
            table.add_row(market, channel, f"{rate:,.0f}", f"{total:,}")
        return table


def _short(price: str) -> str:
    """Return a price without its padding: `108374.91000000` is 108374.91."""
    whole, point, fraction = price.partition(".")
    return whole + point + fraction.rstrip("0").ljust(2, "0") if point else whole or "-"


def _minutes(span_ns: int) -> str:
    seconds = span_ns // NS_PER_S
    return f"{seconds // 60}:{seconds % 60:02d}"
