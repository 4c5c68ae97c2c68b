from typing import ClassVar

import pytest

from replayx.cli import fault_catalogue
from replayx.cli.fault_catalogue import catalogue, described
from replayx.errors import InvalidPlan, UnknownMarket
from replayx.faults.attributes import Rate, Size
from replayx.faults.registry import load_toxic, toxic_names
from replayx.faults.toxic import Toxic
from replayx.venues.registry import load_venue, venue_names


def test_everything_is_in_it():
    found = catalogue()
    assert [one.type for one in found.toxics] == list(toxic_names())
    assert list(found.failures) == list(venue_names())
    for name in venue_names():
        assert [one.word for one in found.failures[name]] == list(load_venue(name).failures)
    assert "flaky-wifi" in found.presets


def test_each_toxic_says_what_it_does_where_and_by_which_source():
    for one in catalogue().toxics:
        assert one.summary.endswith(".") or one.summary.endswith("...."), one.type
        assert one.source, one.type
        assert one.acts_on, one.type


def test_attributes_with_their_defaults():
    (latency,) = (one for one in catalogue().toxics if one.type == "latency")
    assert {one.name: (one.kind, one.default) for one in latency.attributes} | {
        "delay": ("duration", "100ms"),
        "correlation": ("ratio", 0.0),
    } == {one.name: (one.kind, one.default) for one in latency.attributes}
    assert latency.attribute_words.startswith("delay=100ms jitter=0s ")


def test_failures_have_their_source():
    failures = [one for of in catalogue().failures.values() for one in of]
    assert failures
    assert all(one.summary and one.source and one.status for one in failures)


def test_one_market_alone():
    assert list(catalogue("binance-spot").failures) == ["binance-spot"]
    with pytest.raises(UnknownMarket):
        catalogue("nowhere")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("latency", "  delay: duration (default 100ms)\n"),
        ("loss", "acts on: messages (ws, wsapi)"),
        ("ip_banned", "binance-spot: "),
        ("ip_banned", "status 418, code -1003"),
        ("418", "status 418, code -1003"),
        ("-1007", "binance-usdm: timeout (408, -1007)"),
    ],
)
def test_what_is_to_know_of_one(word, told):
    assert told in described(word)


def test_a_word_that_is_neither():
    assert described("flaky-wifi") is None


class Needy(Toxic, frozen=True, kw_only=True):
    """Needs much."""

    type: ClassVar[str] = "needy"

    size: Size
    rate: Rate
    how: str

    def __post_init__(self):
        if self.size < 1:
            raise ValueError("size")

    def on_link(self, link):
        return self


class Fussy(Needy, frozen=True, kw_only=True):
    """Needs what nobody guesses."""

    type: ClassVar[str] = "fussy"

    def __post_init__(self):
        if self.how != "so":
            raise ValueError("how")


def test_what_other_packages_declare(monkeypatch):
    """One that needs attributes is shown, and one that cannot be loaded hides nothing."""
    kinds = {"needy": Needy, "fussy": Fussy}

    def load(name):
        if name == "broken":
            raise InvalidPlan("toxic 'broken' cannot be loaded")
        return kinds.get(name) or load_toxic(name)

    monkeypatch.setattr(
        fault_catalogue, "toxic_names", lambda: ("broken", "fussy", "latency", "needy")
    )
    monkeypatch.setattr(fault_catalogue, "load_toxic", load)
    found = catalogue()
    assert {one.type: one.acts_on[0] for one in found.toxics} == {
        "latency": "messages (ws, wsapi)",
        "needy": "messages (ws, wsapi)",
        "fussy": "what its attributes say",
    }
    assert found.broken == {"broken": "toxic 'broken' cannot be loaded"}
