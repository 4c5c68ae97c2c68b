"""The listeners of a server: a port for each market, and for each timeline that has one."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence

from replayx.errors import InvalidOption
from replayx.server.listener import Listener, urls
from replayx.server.numbering import Numbering
from replayx.server.replay_options import ReplayOptions
from replayx.server.timelines import SHARED, Timelines
from replayx.session.effects import Reach
from replayx.venues.registry import venue_of_host
from replayx.venues.venue import Venue

_PORT_MAX = 65535


class Listeners:
    """Opens ports and knows them. Sockets and requests are numbered over all of them."""

    def __init__(
        self, venues: Mapping[str, Venue], options: ReplayOptions, timelines: Timelines
    ) -> None:
        self._venues = venues
        self._options = options
        self._timelines = timelines
        self._numbering = Numbering()
        self._open: list[Listener] = []

    def __iter__(self) -> Iterator[Listener]:
        return iter(self._open)

    def ports(self) -> dict[str, int]:
        """Return a port for each market: those asked for, then the ones after the last.

        Raises InvalidOption.
        """
        ports = _ports(self._options.ports, self._venues)
        return dict(zip(self._venues, ports, strict=True))

    async def listen(self, market: str, port: int, timeline: str = SHARED) -> Mapping[str, str]:
        """Open a listener and return its URLs. Raises InvalidOption."""
        listener = Listener(
            market, self._timelines, self._numbering, self._market_of_host, timeline=timeline
        )
        self._open.append(listener)
        host, tls = self._options.host, self._options.tls
        try:
            bound = await listener.start(host, port, tls)
        except OSError as error:
            raise InvalidOption(
                f"cannot listen on {host}:{port}: {error.strerror}",
                where="--timeline" if timeline else "--port",
                hint="Choose another port, or 0 for a free one",
            ) from error
        return urls(host, bound, self._venues[market].wsapi_path, tls=tls is not None)

    def set_reach(self, timeline: str, market: str, reach: Reach) -> None:
        """Change how a market of a timeline can be reached."""
        for listener in self._open:
            if (listener.market, listener.timeline) == (market, timeline):
                listener.set_reach(reach)

    async def stop(self) -> None:
        """Free the ports."""
        await asyncio.gather(*(listener.stop() for listener in self._open))

    def _market_of_host(self, host: str) -> str | None:
        found = venue_of_host(host)
        return found[0].name if found is not None and found[0].name in self._venues else None


def _ports(given: Sequence[int], markets: Collection[str]) -> list[int]:
    ports = list(given)
    if len(ports) > len(markets):
        raise InvalidOption(
            f"{len(ports)} ports",
            expected=f"at most {len(markets)}: one a market ({', '.join(markets)})",
            where="--port",
        )
    while len(ports) < len(markets):
        ports.append(ports[-1] + 1 if ports[-1] else 0)
    if ports and ports[-1] > _PORT_MAX:
        raise InvalidOption(
            f"no port {ports[-1]} for {list(markets)[-1]}",
            expected=f"ports up to {_PORT_MAX}",
            where="--port",
            hint="Give --port for each market, or 0 for free ones",
        )
    return ports
