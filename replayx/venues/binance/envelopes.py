"""Envelopes: what stands around a stream's payload on a combined connection."""

from functools import lru_cache

import msgspec

from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.streams import delivered_on, is_user_channel
from replayx.venues.venue import NO_ENVELOPE, Envelope, Role, Subscription


def envelope(dialect: Dialect, subscription: Subscription, channel: str) -> Envelope | None:
    """Return the envelope a connection gets `channel` in; None: it is not delivered there.

    A stream on the wrong route of USDⓈ-M is acknowledged, and silent (seen 2026-10).
    """
    if channel not in subscription.channels:
        return None
    if subscription.role is Role.WS_API:
        return NO_ENVELOPE
    if not delivered_on(dialect, subscription.route, channel):
        return None
    if not subscription.combined:
        return NO_ENVELOPE
    if is_user_channel(channel) and not dialect.user_events_wrapped:
        return NO_ENVELOPE
    return _combined(channel)


@lru_cache(maxsize=8192)
def _combined(channel: str) -> Envelope:
    return Envelope(b'{"stream":' + msgspec.json.encode(channel) + b',"data":', b"}")
