"""Where a run that was asked for stops: at a time, after a number of messages, on a condition."""

import msgspec


class StopAt(msgspec.Struct, frozen=True, tag="at"):
    """When the tape has reached a time: everything due until then has been sent."""

    at_ns: int


class StopAfter(msgspec.Struct, frozen=True, tag="after"):
    """When so many more messages of the tape have been played, whoever watches."""

    messages: int


class StopWhen(msgspec.Struct, frozen=True, tag="when"):
    """Behind the first message that fits all that is given.

    channel: a stream's name, or a pattern with `*`. event: what it tells, in the words of FeedKind.
    price_crosses: a trade's price lies on the other side of this, or on it, than the one before.
    """

    channel: str = ""
    event: str = ""
    price_crosses: str = ""


Stop = StopAt | StopAfter | StopWhen
