"""Between two laps every stream of book differences makes the end's book into the beginning's."""

import json

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ChannelKind
from replayx.framing import split_frames
from replayx.market.history import MarketHistory
from replayx.session.answers import Answers
from replayx.session.looping import Looping
from replayx.timeline.loop import CounterName
from replayx.timeline.merge import merge
from replayx.timeline.source import CassetteSource
from replayx.venues.registry import load_venue
from tests.tapes import channel, interaction, sealed, write_cassette

MS = 1_000_000
T0 = 1_700_000_000_000
SPOT = "binance-spot"
DEPTH, TRADE = "btcusdt@depth@100ms", "btcusdt@trade"


def delta(number, first_id, last_id, bids="", asks=""):
    text = (
        f'{{"e":"depthUpdate","E":{T0 + number},"s":"BTCUSDT","U":{first_id},"u":{last_id},'
        f'"b":[{bids}],"a":[{asks}]}}'
    )
    return ((T0 + number) * MS, 0, text.encode())


def trade(number, trade_id):
    text = (
        f'{{"e":"trade","E":{T0 + number},"s":"BTCUSDT","t":{trade_id},"p":"10.5","q":"1.0",'
        f'"T":{T0 + number},"m":true,"M":true}}'
    )
    return ((T0 + number) * MS, 1, text.encode())


@pytest.fixture
def small(tmp_path):
    """Yield a tape whose book has lost a level and got another one at its end."""
    rows = [
        delta(0, 101, 102, bids='["10.0","1.0"]'),
        trade(100, 7),
        delta(200, 103, 105, bids='["10.0","0.0"],["9.0","25.5"]', asks='["12.0","0.0"]'),
        trade(300, 8),
    ]
    body = b'{"lastUpdateId":101,"bids":[["10.0","1.0"]],"asks":[["11.0","3.0"],["12.0","4.0"]]}'
    target = "/api/v3/depth?symbol=BTCUSDT&limit=1000"
    snapshot = interaction((T0 + 50) * MS, target, body, market=SPOT)
    channels = [channel(0, DEPTH, market=SPOT), channel(1, TRADE, market=SPOT)]
    chunks = [sealed(rows[:1]), sealed([], [snapshot]), sealed(rows[1:])]
    path = write_cassette(tmp_path / "tape.rpx", channels, chunks, markets=[SPOT])
    with CassetteReader(path) as reader:
        yield reader


def looping(reader, laps=3, clock_offset_ns=0):
    source = CassetteSource(reader)
    venues = {market.name: load_venue(market.name) for market in reader.header.markets}
    histories = {
        name: MarketHistory(name, [source], venue, Answers(name, venue, [reader]).recorded.facts())
        for name, venue in venues.items()
    }
    for history in histories.values():
        history.build()
    return Looping([source], venues, histories, laps=laps, clock_offset_ns=clock_offset_ns)


def played(made):
    """Yield (stream, message) of all laps."""
    for run in merge(made.sources(), 0):
        frames = [bytes(payload) for _, payload in split_frames(run.batch.frames)]
        for k in range(run.first, run.stop):
            one = made.sources()[0].channels[run.batch.channel[k]]
            if one.kind is ChannelKind.STREAM:
                text = frames[k][len(one.prefix) : len(frames[k]) - len(one.suffix)]
                yield one.name, json.loads(text)


def test_the_seam_leads_back_to_the_first_book(small):
    messages = [one for name, one in played(looping(small)) if name == DEPTH]
    first, second, seam, third, *_ = messages
    assert (second["u"], seam["U"], seam["u"], third["U"]) == (105, 106, 106, 107)
    assert seam["b"] == [["9.0", "0.0"], ["10.0", "1.0"]]
    assert seam["a"] == [["12.0", "4.0"]]
    assert seam["E"] == T0 + 375 == third["E"]
    assert [third["b"], third["U"] - first["U"]] == [first["b"], 6]
    assert [one["t"] for name, one in played(looping(small)) if name == TRADE] == [
        7, 8, 9, 10, 11, 12,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("clock_offset_ms", "event_ms"),
    [(0, T0 + 375), (-20, T0 + 355), (5, T0 + 375), (-500, T0 + 200)],
)
def test_no_time_goes_back_at_the_seam(small, clock_offset_ms, event_ms):
    made = looping(small, clock_offset_ns=clock_offset_ms * MS)
    times = [one["E"] for name, one in played(made) if name == DEPTH]
    assert times[2] == event_ms
    assert times == sorted(times)


def test_groups_of_trades_count_on_where_they_follow_from_trades(tmp_path):
    rows = [trade(0, 7), trade(0, 8), trade(100, 9), trade(100, 10), trade(100, 11)]
    path = write_cassette(
        tmp_path / "tape.rpx", [channel(1, TRADE, market=SPOT)], [sealed(rows)], markets=[SPOT]
    )
    with CassetteReader(path) as reader:
        spans = looping(reader).loop.spans
    assert spans == {
        CounterName(SPOT, "BTCUSDT", "trade"): 5,
        CounterName(SPOT, "BTCUSDT", "agg"): 2,
    }


def test_each_run_has_sources_of_its_own(small):
    made = looping(small)
    assert made.sources()[0] is not made.sources()[0]


# ---- real captures


def follow(messages):
    """Return each stream's book and how many ids were missing."""
    books, last, gaps = {}, {}, 0
    for name, one in messages:
        if one.get("e") == "trade":
            gaps += name in last and one["t"] != last[name] + 1
            last[name] = one["t"]
        if one.get("e") != "depthUpdate":
            continue
        if name in last:
            gaps += (one["pu"] if "pu" in one else one["U"] - 1) != last[name]
        last[name] = one["u"]
        for side, levels in zip(
            books.setdefault(name, ({}, {})), (one["b"], one["a"]), strict=True
        ):
            for price, size in levels:
                side[price] = size
                if not float(size):
                    del side[price]
    return books, gaps


@pytest.mark.capture
@pytest.mark.parametrize("name", ["binance_spot_20240723_nexousdt", "cryptofeed_binance_futures"])
def test_books_stay_in_step_over_laps(imported, name):
    with CassetteReader(imported(name)) as reader:
        made = looping(reader, laps=3)
        books, gaps = follow(played(made))
        assert gaps == 0
        assert books
        for bids, asks in books.values():
            assert max(map(float, bids)) < min(map(float, asks))
