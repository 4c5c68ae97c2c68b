"""What a cassette can answer, market by market: as recorded, derived from it, or not at all."""

from collections.abc import Iterable

import msgspec

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ChannelKind
from replayx.errors import CassetteError, UnknownMarket
from replayx.session.recorded_answers import RecordedAnswers
from replayx.venues.registry import load_venue
from replayx.venues.venue import Coverage, Venue

STATES = ("recorded", "derived", "absent")


class AnswerRow(msgspec.Struct, frozen=True):
    """A stream or endpoint of a symbol, and where its answers come from (one of STATES)."""

    market: str
    symbol: str
    what: str
    state: str


def answers(reader: CassetteReader) -> list[AnswerRow]:
    """Return what can be answered of every market that a venue knows; nothing of a damaged one."""
    rows: list[AnswerRow] = []
    for market in reader.header.markets:
        try:
            venue = load_venue(market.name)
            told = _coverage(reader, market.name, venue)
        except (UnknownMarket, CassetteError):
            continue  # `inspect` tells of both elsewhere
        rows += [AnswerRow(market.name, one.symbol, one.what, _state(one)) for one in told]
    return rows


def gathered(rows: Iterable[AnswerRow]) -> list[tuple[str, str, str, str]]:
    """Return (market, symbol, state, names) with one row for all that are alike."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.market, row.symbol, row.state), []).append(row.what)
    order = sorted(found, key=lambda key: (key[0], key[1], STATES.index(key[2])))
    return [(*key, " ".join(found[key])) for key in order]


def _coverage(reader: CassetteReader, market: str, venue: Venue) -> tuple[Coverage, ...]:
    names = (
        channel.name
        for channel in reader.channels.values()
        if channel.market == market and channel.kind is ChannelKind.STREAM
    )
    feeds = [feed for name in names if (feed := venue.market_feed(name)) is not None]
    return venue.coverage(feeds, RecordedAnswers(market, venue, [reader]).matcher.keys())


def _state(row: Coverage) -> str:
    if row.recorded:
        return "recorded"
    return "derived" if row.derived else "absent"
