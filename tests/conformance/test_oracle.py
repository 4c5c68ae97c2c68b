"""What the real captures say of themselves, and every derived answer against the oracle."""

import json
import random
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.market.history import MarketHistory
from replayx.session.recorded_answers import RecordedAnswers
from replayx.timeline.source import CassetteSource
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpRequest
from tests.conftest import CAPTURES
from tests.oracle.answer import differences
from tests.oracle.book import Book
from tests.oracle.market import Oracle
from tests.oracle.questions import Asker
from tests.oracle.told import Told, captured, read

pytestmark = pytest.mark.capture

SPOT = ("binance_spot_20240808_btcusdt_ethusdt", "binance_spot_20240809_btcusdt_ethusdt")
USDM = ("binance_usdm_20240808_btcusdt_ethusdt",)
THIN = ("binance_spot_20240723_nexousdt", "binance_spot_20240724_nexousdt")

# One worker for each: what a capture told takes a while to read.
TAPES = [
    pytest.param(names, market, id=word, marks=pytest.mark.xdist_group(f"oracle {word}"))
    for names, market, word in (
        (SPOT, "binance-spot", "spot"),
        (USDM, "binance-usdm", "usdm"),
        (THIN, "binance-spot", "thin"),
    )
]

# How far the recorders' clocks were behind the venue's: README of the captures.
CLOCK_OFFSETS = {SPOT: 1_272_400_000, USDM: 1_269_300_000, THIN: 39_000_000}
INSTANTS = 200
QUESTIONS = 4  # at each of them
SEED = 1


def paths(names: tuple[str, ...]) -> list[Path]:
    return [CAPTURES / "ws" / f"{name}.ndjson.zst" for name in names]


@cache
def told(names: tuple[str, ...]) -> dict[str, Told]:
    return read(captured(paths(names)))


def tops(symbol: Told):
    """Return the book's best by update id, from the first snapshot on."""
    book, found = Book(), {}
    book.load(symbol.snapshots[0])
    found[book.last] = book.top()
    for delta in symbol.deltas:
        book.apply(delta)
        found[book.last] = book.top()
    assert book.gaps == 0
    return found


@pytest.mark.parametrize(("names", "market"), TAPES)
def test_the_captures_agree_with_themselves(captures, names, market):
    for symbol in told(names).values():
        ids = [trade.id for trade in symbol.trades]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        by_id = tops(symbol)
        shared = [quote for quote in symbol.quotes if quote.last in by_id]
        assert len(shared) > 100
        assert [by_id[quote.last] for quote in shared] == [(q.bid, q.ask) for q in shared]


# ---- derived answers against the oracle


@contextmanager
def history_of(market, tape):
    """Give a market's history, built."""
    venue = load_venue(market)
    with CassetteReader(tape) as reader:
        facts = RecordedAnswers(market, venue, [reader]).facts()
        history = MarketHistory(market, [CassetteSource(reader)], venue, facts)
        history.build()
        yield venue, history


def instants(names, rng):
    """Return instants by chance: half of them exactly when something was received."""
    times = sorted(one.at_ns for told_of in told(names).values() for one in told_of.quotes)
    exactly = rng.sample(times, INSTANTS // 2)
    return exactly + [rng.randrange(times[0], times[-1] + 1) for _ in range(INSTANTS // 2)]


@pytest.mark.parametrize(("names", "market"), TAPES)
def test_derived_answers_are_the_oracles(imported, names, market):
    rng = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201 - pytest shows it when the test fails
    wrong, asked = [], 0
    with history_of(market, imported(*names)) as (venue, history):
        for position_ns, symbols in Oracle(told(names)).instants(instants(names, rng)):
            now_ms = (position_ns + CLOCK_OFFSETS[names]) // 1_000_000
            name = rng.choice(sorted(symbols))
            asker = Asker(name, symbols[name], now_ms, is_futures=market == "binance-usdm")
            view = history.at(position_ns, now_ms=now_ms)
            for question in asker.questions(rng, QUESTIONS):
                reply = venue.derive(venue.request_key(HttpRequest("GET", question.target)), view)
                found = None if reply is None else json.loads(reply.body)
                asked += 1
                wrong += [
                    f"{question.target} at {position_ns}{told_}"
                    for told_ in differences(found, question.expected)
                ]
    if wrong:
        pytest.fail("\n".join([f"{len(wrong)} differences in {asked} answers", *wrong[:20]]))


@contextmanager
def serving(tape):
    """Run a replay server that stands still; give its REST URL and the control API's."""
    command = [sys.executable, "-m", "replayx", "replay", str(tape), "--port", "0", "--json"]
    given = ["--start", "command"]
    with subprocess.Popen([*command, *given], stdout=subprocess.PIPE, text=True) as server:
        try:
            ready = json.loads(server.stdout.readline())
            (urls,) = ready["listeners"].values()
            yield urls["rest"], ready["control"]
        finally:
            server.terminate()


def ask(url, method="GET", **body):
    """Return the JSON of an answer; of an error, what it says."""
    text = json.dumps(body).encode() if body else None
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, text, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read()!r}"


@pytest.mark.xdist_group("oracle usdm")
def test_a_server_answers_as_the_oracle_wherever_it_is_sent(imported):
    rng, wrong = random.Random(SEED), []
    with serving(imported(*USDM)) as (rest, control):
        assert ask(f"{control}/clock", "PATCH", paused=True)["paused"]
        somewhere = rng.sample(instants(USDM, rng), 40)
        for position_ns, symbols in Oracle(told(USDM)).instants(somewhere):
            assert (
                ask(f"{control}/clock/seek", "POST", to=position_ns)["position_ns"] == position_ns
            )
            now_ms = ask(f"{rest}/fapi/v1/time")["serverTime"]
            name = rng.choice(sorted(symbols))
            asker = Asker(name, symbols[name], now_ms, is_futures=True)
            for question in asker.questions(rng, QUESTIONS):
                found = differences(ask(rest + question.target), question.expected)
                wrong += [f"{question.target} at {position_ns}{one}" for one in found]
    if wrong:
        pytest.fail("\n".join(wrong[:20]))
