"""The judge of scripts/drill_clients.py: what a client did is told as it was."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from drills.catalogue import DRILLS
from drills.judging import Span, Truth, judge
from drills.table import table

from replayx.faults.plan_text import plan_from_document
from replayx.venues.registry import load_venue

SPAN = Span(10.0, 14.0, 20.0)
LEVELS = (((5.0, 1.0),), ((6.0, 1.0),))
TRUTH = Truth(dict.fromkeys(range(1000), 1.0), dict.fromkeys(range(1000), LEVELS))


def trades(ids, step=0.1, price=1.0):
    return [
        {"event": "trade", "t": 0.1 + k * step, "id": one, "price": price}
        for k, one in enumerate(ids)
    ]


def error(at, name="X"):
    return {"event": "error", "t": at, "name": name, "text": "?"}


def book(at, last, bid=5.0):
    return {"event": "book", "t": at, "last": last, "bids": [[bid, 1.0]], "asks": [[6.0, 1.0]]}


STEADY = list(range(200))


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        (trades(STEADY), "survives"),
        (trades(STEADY[:105]), "**hangs silently**"),
        ([*trades(STEADY[:105]), error(10.5)], "**stays down**, raises `X`"),
        (
            [*trades(STEADY[:105]), {"event": "closed", "t": 11}],
            "**stays down**, tells only that it closed",
        ),
        (trades([k for k in range(205) if k not in (120, 121)]), "**2 lost silently**"),
        (trades([*range(110), *range(110, 200), 199]), "1 repeated"),
        (trades(STEADY, price=2.0), "200 wrong"),
        (
            [one for one in trades(STEADY) if not 10.45 < one["t"] < 13] + [error(10.5)],
            "back after 2.6 s, 25 lost, raises `X`",
        ),
    ],
)
def test_trades(events, outcome):
    assert judge("trades", events, SPAN, TRUTH).outcome == outcome


@pytest.mark.parametrize(
    ("wrong", "outcome"),
    [
        ((), "survives"),
        (range(110, 130), "**wrong book for 2.0 s**, silently"),
        (range(150, 999), "**wrong book for 4.9 s**, silently, still wrong at the end"),
    ],
)
def test_books(wrong, outcome):
    events = [book(0.1 + k * 0.1, k, 4.0 if k in wrong else 5.0) for k in range(200)]
    assert judge("book", events, SPAN, TRUTH).outcome == outcome


def test_a_book_whose_id_the_tape_does_not_know_is_wrong():
    events = [book(0.1 + k * 0.1, 5000) for k in range(200)]
    assert "wrong book" in judge("book", events, SPAN, TRUTH).outcome


def test_requests():
    answers = [{"event": "answer", "t": k / 2, "took": 0.01, "last": 1} for k in range(40)]
    assert judge("rest", answers, SPAN, TRUTH).outcome == "survives"
    slow = [*answers, {"event": "asked", "t": 13.0, "took": 3.0}, error(13.0, "Timeout")]
    assert judge("rest", slow, SPAN, TRUTH).outcome == "raises `Timeout`, waits up to 3.0 s"
    assert judge("rest", answers[:22], SPAN, TRUTH).outcome == "**hangs silently**"


@pytest.mark.parametrize("drill", DRILLS, ids=lambda one: one.name)
def test_every_drill_is_a_valid_plan(drill):
    venues = {name: load_venue(name) for name in ("binance-spot", "binance-usdm")}
    document = {"seed": 1, "toxic": list(drill.toxics)}
    rules = plan_from_document(document, drill.name, venues=venues).rules
    assert len(rules) == len(drill.toxics)


def test_the_table_has_a_row_a_drill_and_a_column_a_client_that_can_do_it():
    verdict = judge("trades", trades(STEADY), SPAN, TRUTH)
    text = table({("one", "close"): verdict, ("two", "reset"): verdict}, ["one", "two", "three"])
    assert text.splitlines()[2:] == [
        "| drill | one | two |",
        "| --- | --- | --- |",
        "| clean close, 1001 | survives |  |",
        "| connection reset (RST) |  | survives |",
    ]
