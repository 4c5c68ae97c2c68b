"""Rules: a toxic, where it acts, and when. A plan is a list of them and a seed."""

from typing import Literal

import msgspec

from replayx.faults.toxic import Toxic


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a rule acts on; what is left out is any.

    channel, route: patterns (`*@depth*`, `GET /api/v3/*`). connection: the nth of its market.
    client: the name a client gave itself. direction: downstream unless said.
    """

    market: str = ""
    carrier: Literal["", "ws", "wsapi", "rest"] = ""
    channel: str = ""
    symbol: str = ""
    route: str = ""
    connection: int = 0
    client: str = ""
    direction: Literal["downstream", "upstream"] = "downstream"


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a rule acts; everything that is given has to hold.

    from_ns, until_ns: tape time since the tape's start. after_ns: tape time since the connection
    began. for_ns: for how long from when the rest first holds. price: a condition such as
    `BTCUSDT > 60000`, from when it first holds on. nth, every, first: which of the messages or
    requests it could act on, counted from 1. times: at most so often. probability: of each.
    """

    from_ns: int = 0
    until_ns: int | None = None
    after_ns: int = 0
    for_ns: int | None = None
    price: str = ""
    nth: tuple[int, ...] = ()
    every: int = 1
    first: int | None = None
    times: int | None = None
    probability: float = 1.0


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A toxic at work. `name` is unique in its plan; chance is drawn by it."""

    name: str
    toxic: Toxic
    where: Where = Where()
    when: When = When()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules there are. `seed` None: the run's own."""

    seed: int | None = None
    rules: tuple[Rule, ...] = ()


NO_PLAN = Plan()
