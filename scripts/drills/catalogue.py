"""The drills: what is done to a client, while it does what, for how long."""

from typing import NamedTuple

STREAM = {"market": "binance-spot", "carrier": "ws"}
FIRST = {**STREAM, "connection": 1}  # and not those that a client opens in its place
REST = {"market": "binance-spot", "carrier": "rest"}

Toxic = dict[str, object]


class Drill(NamedTuple):
    """What happens to a client.

    task: what it does meanwhile. toxics: a plan's. fault_s: how long it is in force; after_s: how
    long the client has to come back. at_start: the plan is given to the replay when it starts.
    """

    name: str
    title: str
    task: str
    toxics: tuple[Toxic, ...]
    fault_s: float = 4.0
    after_s: float = 5.0
    at_start: bool = False


def _failing(word: str, **more: object) -> tuple[Toxic, ...]:
    return ({"type": word, "where": REST, **more},)


def _always(toxic: str, **attributes: object) -> tuple[Toxic, ...]:
    return ({"type": toxic, "where": REST, **attributes},)


def _once(toxic: str, **attributes: object) -> tuple[Toxic, ...]:
    return ({"type": toxic, "where": FIRST, "when": {"times": 1}, **attributes},)


def _diffs(toxic: str, when: Toxic, **attributes: object) -> tuple[Toxic, ...]:
    where = {**STREAM, "channel": "btcusdt@depth@100ms"}
    return ({"type": toxic, "where": where, "when": when, **attributes},)


# What a client does undisturbed is judged, too: whoever does not survive that is judged wrongly.
_CONTROLS = tuple(
    Drill(f"nothing-{task}", "nothing (control)", task, (), fault_s=3, after_s=3)
    for task in ("trades", "book", "rest")
)

DRILLS = (
    *_CONTROLS,
    # ---- connections end
    Drill("close", "clean close, 1001", "trades", _once("disconnect", code=1001)),
    Drill("reset", "connection reset (RST)", "trades", _once("reset_peer")),
    Drill("day-cut", "the cut after 24 hours", "trades", _once("day_cut")),
    Drill(
        "shutdown",
        "`serverShutdown`, then closed",
        "trades",
        ({"type": "server_shutdown", "where": FIRST, "lead": "2s"},),
        fault_s=5,
    ),
    Drill(
        "refused",
        "reset, and reset again for 5 s",
        "trades",
        (*_once("reset_peer"), {"type": "connection_refused", "where": STREAM}),
        fault_s=5,
        after_s=8,
    ),
    Drill(
        "handshake-503",
        "closed, then handshakes get a 503 for 5 s",
        "trades",
        (*_once("disconnect", code=1001), {"type": "handshake_failure", "where": STREAM}),
        fault_s=5,
        after_s=8,
    ),
    # ---- connections are silent
    Drill(
        "silence",
        "half-open: nothing comes for 12 s, no pongs",
        "trades",
        ({"type": "stall", "where": STREAM},),
        fault_s=12,
    ),
    Drill(
        "stale",
        "the stream freezes for 12 s, pings go on",
        "trades",
        ({"type": "stale_feed", "where": STREAM},),
        fault_s=12,
    ),
    # ---- messages are not as they should be
    Drill(
        "lost-trades",
        "every tenth trade lost",
        "trades",
        ({"type": "loss", "where": STREAM, "when": {"every": 10}},),
    ),
    Drill("malformed", "one message is no JSON", "trades", _once("corrupt", how="json")),
    Drill("wrong-type", "a number is another type", "trades", _once("corrupt", how="type")),
    Drill("oversize", "one frame of 8 MiB", "trades", _once("oversize", size="8MiB")),
    Drill("bad-frame", "a frame with reserved bits", "trades", _once("invalid_frame")),
    # ---- the book's differences
    Drill("lost-diff", "one depth diff lost", "book", _diffs("loss", {"nth": [5]})),
    Drill("many-lost", "every 8th depth diff lost", "book", _diffs("loss", {"every": 8})),
    Drill("twice", "every third depth diff twice", "book", _diffs("duplicate", {"every": 3})),
    Drill(
        "disorder",
        "every fifth depth diff comes 2 later",
        "book",
        _diffs("reorder", {"every": 5}, window=2),
    ),
    Drill(
        "old-snapshot",
        "a lost diff, and snapshots are 3 s old",
        "book",
        (
            *_diffs("loss", {"nth": [5]}),
            {"type": "old_snapshot", "age": "3s", "where": REST},
        ),
    ),
    Drill(
        "crash",
        "flash crash: -20 % in 2 s, and back",
        "book",
        (
            {
                "type": "flash_crash",
                "where": {"market": "binance-spot", "symbol": "BTCUSDT"},
                "when": {"from": "6s"},
                "depth": "20%",
                "drop": "2s",
                "trough": "1s",
                "recovery": "3s",
            },
        ),
        fault_s=10,
        after_s=4,
        at_start=True,
    ),
    # ---- requests
    Drill("slow", "answers take 3 s", "rest", _always("latency", delay="3s")),
    Drill("never", "no answers for 6 s", "rest", _always("no_answer"), fault_s=6, after_s=9),
    Drill("cut-body", "bodies end early", "rest", _always("truncated_body")),
    Drill("429", "429, too many requests", "rest", _failing("too_many_requests")),
    Drill("418", "418, banned", "rest", _failing("ip_banned")),
    Drill("403", "403, the firewall's page", "rest", _failing("waf")),
    Drill("503", "503, execution unknown", "rest", _failing("execution_unknown")),
    Drill("-1021", "-1021, clocks disagree", "rest", _failing("bad_timestamp")),
)
