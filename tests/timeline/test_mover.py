"""Whole batches change as their messages do one by one."""

import re

from hypothesis import given
from hypothesis import strategies as st

from replayx.cassette.records import ChannelKind
from replayx.framing import frame
from replayx.timeline.mover import Mover, moved_text
from replayx.timeline.places import Place, Plan
from tests.tapes import batch, channel

NUMBER = re.compile(rb'"(?:E|T)":([0-9]{13})')


def plan_of(add):
    """Every E and T of thirteen digits, wherever it is: the rule of these tests' venue."""

    def plan(_channel, payload):
        places = [Place(*match.span(1)) for match in NUMBER.finditer(payload)]
        holds = payload.count(b'"E"') == 1 and payload.count(b'"T"') == len(places) - 1
        return Plan(places, [add] * len(places), holds and payload.startswith(b"{"))

    return plan


def one_by_one(rows, channels, add, kinds=(ChannelKind.STREAM, ChannelKind.USER)):
    frames = b""
    for _, number, payload in rows:
        one = channels[number]
        inner = payload[len(one.prefix) : len(payload) - len(one.suffix)]
        if one.kind in kinds:
            inner = moved_text(inner, plan_of(add)(one, inner))
        frames += frame(one.prefix + inner + one.suffix)
    return frames


def trade(k, *, taker=True):
    flag = b"true" if taker else b"false"
    return b'{"e":"trade","E":%d,"s":"BTCUSDT","p":"%d.5","T":%d,"m":%b}' % (
        1_723_161_255_343 + k, 10**(k % 5), 1_723_161_255_000 + k, flag)  # fmt: skip


PREFIX, SUFFIX = b'{"stream":"b@trade","data":', b"}"
CHANNELS = {
    0: channel(0, "a@trade"),
    1: channel(1, "b@trade", prefix=PREFIX, suffix=SUFFIX),
    2: channel(2, "", kind=ChannelKind.OPAQUE),
    3: channel(3, "user", kind=ChannelKind.USER),
}


def enveloped(number, payload):
    return CHANNELS[number].prefix + payload + CHANNELS[number].suffix


def test_alike_and_unlike_messages_change_as_one_by_one():
    rows = []
    for k in range(500):
        payload = trade(k, taker=k % 3 > 0)
        if k % 7 == 0:
            payload = b'{"T":%d,"x":"%b","E":%d}' % (1_723_161_255_000, b"y" * (k % 40), 10**12 + k)
        rows.append((k, k % 4, enveloped(k % 4, payload)))
    mover = Mover(CHANNELS, plan_of(12_345_678))
    for _ in range(2):  # learning, and having learned
        frames, misfits = mover.moved(batch(rows))
        assert bytes(frames) == one_by_one(rows, CHANNELS, 12_345_678)
        assert misfits == []


def test_alike_messages_are_not_looked_at_one_by_one():
    asked = []

    def plan(one, payload):
        asked.append(payload)
        return plan_of(1)(one, payload)

    rows = [(k, k % 2, enveloped(k % 2, trade(k, taker=k % 5 > 0))) for k in range(2000)]
    mover = Mover(CHANNELS, plan)
    mover.moved(batch(rows))
    assert len(asked) <= 64
    del asked[:]
    mover.moved(batch(rows))
    assert asked == []


def test_a_channel_without_plans_is_not_asked_again():
    asked = []

    def plan(one, payload):
        asked.append(one.number)

    rows = [(k, 0, trade(k)) for k in range(100)]
    frames, _ = Mover(CHANNELS, plan).moved(batch(rows))
    assert asked == [0]
    assert bytes(frames) == b"".join(frame(payload) for _, _, payload in rows)


def test_what_does_not_keep_its_width_is_told_and_left():
    rows = [(k, 0, trade(k)) for k in range(40)]
    rows[30] = (30, 0, rows[30][2].replace(b'"T":1723161255030', b'"T":9999999999999'))
    frames, misfits = Mover(CHANNELS, plan_of(1)).moved(batch(rows))
    assert [(one.k, one.digits) for one in misfits] == [(30, b"9999999999999")]
    kept = rows[30][2]
    del rows[30]
    rest = one_by_one(rows, CHANNELS, 1)
    assert bytes(frames).replace(frame(kept), b"") == rest


def test_memory_is_used_again_once_nobody_looks_at_it():
    rows = [(k, 0, trade(k)) for k in range(40)]
    mover = Mover(CHANNELS, plan_of(1))
    first, _ = mover.moved(batch(rows))
    kept = first[10:20]
    before = bytes(kept)
    first.release()
    second, _ = mover.moved(batch([(k, 0, trade(k + 7)) for k in range(40)]))
    assert bytes(kept) == before  # part of it is still looked at
    assert second.obj is not kept.obj
    block = kept.obj
    kept.release()
    third, _ = mover.moved(batch(rows))
    assert third.obj is block
    assert bytes(third) == one_by_one(rows, CHANNELS, 1)


def test_a_batch_without_messages():
    frames, misfits = Mover(CHANNELS, plan_of(1)).moved(batch([(1, 0, b"")]))
    assert (bytes(frames), misfits) == (frame(b""), [])


texts = st.one_of(
    st.builds(trade, st.integers(0, 10**11), taker=st.booleans()),
    st.binary(max_size=40),
    st.builds(
        lambda text, e, t, spaces: b'{"x":"%b","E":%d%b,"T":%d}' % (text, e, b" " * spaces, t),
        st.text("ab1", max_size=300).map(str.encode),
        st.integers(10**12, 9 * 10**12),
        st.integers(10**12, 9 * 10**12),
        st.integers(0, 2),
    ),
)


@given(
    st.lists(st.tuples(st.integers(0, 3), texts), min_size=1, max_size=80),
    st.integers(-(10**11), 10**11),
)
def test_any_batch_changes_as_one_by_one_and_back(messages, add):
    rows = [(k, number, enveloped(number, text)) for k, (number, text) in enumerate(messages)]
    mover = Mover(CHANNELS, plan_of(add))
    frames, misfits = mover.moved(batch(rows))
    if not misfits:
        assert bytes(frames) == one_by_one(rows, CHANNELS, add)
