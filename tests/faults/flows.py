"""A kit for toxics: flows of a few messages, chance that is written down, and what came of it."""

import msgspec

from replayx.faults.attributes import read_attribute
from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.registry import load_toxic
from replayx.faults.round_trip import RoundTrip
from replayx.framing import frame
from replayx.venues.venue import RequestKey

WS = Link("binance-spot", Carrier.WS, Direction.DOWNSTREAM, 1)
WSAPI = Link("binance-spot", Carrier.WSAPI, Direction.DOWNSTREAM, 1)
REST = Link("binance-spot", Carrier.REST, Direction.DOWNSTREAM)
UPSTREAM = WS._replace(direction=Direction.UPSTREAM)
MS = 1_000_000


def toxic(name, **attributes):
    """Return a toxic as a plan has it."""
    return msgspec.convert(attributes, load_toxic(name), dec_hook=read_attribute)


def flow_of(*texts, channel="c", now_ns=0, index=0, at_ns=None, framed=None, **more):
    """Return a flow of messages that say these texts; `channel` is one, or one for each."""
    frames = [frame(text.encode()) for text in texts] if framed is None else framed
    end = [0]
    for one in frames:
        end.append(end[-1] + len(one))
    count = len(frames)
    return Flow(
        now_ns,
        index,
        memoryview(b"".join(frames)),
        end,
        channel=[channel] * count if isinstance(channel, str) else channel,
        at_ns=[now_ns] * count if at_ns is None else at_ns,
        **more,
    )


class Chance:
    """Draws that are written down: one column after the other."""

    def __init__(self, *columns):
        self._columns = columns

    def column(self, number):
        return self._columns[number]


def carried(running, flow, *columns, fired=None):
    """Let a toxic act on a flow; return which messages it touched."""
    chosen = range(flow.count) if fired is None else fired
    return list(running.apply(flow, chosen, Chance(*columns)))


def sent(flow):
    """Return (due, bytes) of every part, those of runs apart."""
    out = []
    for part in flow.parts:
        if part.data is not None:
            out.append((part.due_ns, part.data))
        else:
            out += [(part.due_ns, bytes(flow.frame(k))) for k in range(part.first, part.stop)]
    return out


def texts(flow):
    """Return (due, text) of every part of small unbroken frames."""
    return [(due_ns, data[2:].decode()) for due_ns, data in sent(flow)]


def trip_on(link):
    """Return a request on its way."""
    key = RequestKey("GET", "/", ())
    return RoundTrip(link=link, index=0, key=key, symbols=(), at_ns=0, now_ns=0)
