from typing import NamedTuple

import pytest

from replayx.requests.explain import describe, explain


class Key(NamedTuple):
    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()


DEPTH = Key("GET", "/depth", (("limit", "5"), ("symbol", "BTC")))
TAPE = [
    DEPTH,
    Key("GET", "/depth", (("limit", "100"), ("symbol", "ETH"))),
    Key("POST", "/order", (("symbol", "BTC"),)),
]


def test_describe_reads_like_a_request():
    assert describe(DEPTH) == "GET /depth?limit=5&symbol=BTC"
    assert describe(Key("GET", "/ping")) == "GET /ping"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            Key("GET", "/depth", (("limit", "7"), ("symbol", "BTC"))),
            "Nearest recorded: GET /depth?limit=5&symbol=BTC (limit 5, asked 7); GET /depth?",
        ),
        (
            Key("GET", "/depth", (("symbol", "BTC"),)),
            "Nearest recorded: GET /depth?limit=5&symbol=BTC (with limit); ",
        ),
        (
            Key("GET", "/depth", (("limit", "5"), ("symbol", "BTC"), ("x", "1"))),
            "Nearest recorded: GET /depth?limit=5&symbol=BTC (without x); ",
        ),
        (Key("DELETE", "/order", (("symbol", "BTC"),)), "(method POST)"),
        (Key("POST", "/order", (("symbol", "BTC"),)), "(already played)"),
        (Key("GET", "/dept"), "Nearest recorded: GET /depth?limit=5&symbol=BTC (another path)"),
    ],
)
def test_explain_names_the_nearest_and_what_differed(asked, told):
    message = explain(asked, TAPE)
    assert message.startswith(f"replayx: the tape holds no answer to {describe(asked)}. ")
    assert told in message


def test_explain_on_an_empty_tape_says_so():
    assert explain(DEPTH, []).endswith("it holds no request at all")


def test_explain_without_anything_near_is_short():
    assert explain(Key("GET", "/zzzzzz"), TAPE).endswith("GET /zzzzzz")


def test_what_is_long_is_shortened():
    body = Key("POST", "/order", (("x" * 3_000_000, ""),))
    assert describe(body) == f"POST /order?{'x' * 488}..."
    assert len(explain(body, TAPE)) < 2000
    assert len(explain(Key("GET", "/depth", (("symbol", "B" * 3_000_000),)), TAPE)) < 3000
