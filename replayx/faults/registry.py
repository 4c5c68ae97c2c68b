"""The registry: toxics by the word that a plan has for their type.

Toxics are declared as entry points of the group `replayx.toxics`. replayx's own are declared in
pyproject.toml like anybody's, and once more here: asking the installed packages takes tens of
milliseconds, and a checkout that is not installed declares nothing.
"""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from replayx.errors import InvalidPlan
from replayx.faults.toxic import Toxic

GROUP = "replayx.toxics"

BUILT_IN = MappingProxyType(
    {
        "bandwidth": "replayx.faults.toxics.bandwidth:Bandwidth",
        "clock_skew": "replayx.faults.toxics.clock_skew:ClockSkew",
        "connection_refused": "replayx.faults.toxics.connection_refused:ConnectionRefused",
        "corrupt": "replayx.faults.toxics.corrupt:Corrupt",
        "crossed_book": "replayx.faults.toxics.crossed_book:CrossedBook",
        "day_cut": "replayx.faults.toxics.endings:DayCut",
        "delay": "replayx.faults.toxics.reorder:Delay",
        "depth_gap": "replayx.faults.toxics.depth_gap:DepthGap",
        "disconnect": "replayx.faults.toxics.endings:Disconnect",
        "down": "replayx.faults.toxics.down:Down",
        "duplicate": "replayx.faults.toxics.duplicate:Duplicate",
        "duplicate_reply": "replayx.faults.toxics.duplicate_reply:DuplicateReply",
        "empty_reply": "replayx.faults.toxics.empty_reply:EmptyReply",
        "flash_crash": "replayx.faults.toxics.flash_crash:FlashCrash",
        "fragment": "replayx.faults.toxics.frames:Fragment",
        "handshake_failure": "replayx.faults.toxics.handshake_failure:HandshakeFailure",
        "http_error": "replayx.faults.toxics.http_error:HttpError",
        "invalid_frame": "replayx.faults.toxics.frames:InvalidFrame",
        "latency": "replayx.faults.toxics.latency:Latency",
        "limit_data": "replayx.faults.toxics.limit_data:LimitData",
        "loss": "replayx.faults.toxics.loss:Loss",
        "maintenance": "replayx.faults.toxics.maintenance:Maintenance",
        "no_answer": "replayx.faults.toxics.no_answer:NoAnswer",
        "old_snapshot": "replayx.faults.toxics.old_snapshot:OldSnapshot",
        "one_sided_book": "replayx.faults.toxics.one_sided_book:OneSidedBook",
        "out_of_order": "replayx.faults.toxics.out_of_order:OutOfOrder",
        "oversize": "replayx.faults.toxics.frames:Oversize",
        "ping_timeout": "replayx.faults.toxics.endings:PingTimeout",
        "price_spike": "replayx.faults.toxics.price_spike:PriceSpike",
        "reorder": "replayx.faults.toxics.reorder:Reorder",
        "reset_peer": "replayx.faults.toxics.endings:ResetPeer",
        "server_shutdown": "replayx.faults.toxics.server_shutdown:ServerShutdown",
        "slicer": "replayx.faults.toxics.slicer:Slicer",
        "slow_body": "replayx.faults.toxics.slow_body:SlowBody",
        "slow_close": "replayx.faults.toxics.slow_close:SlowClose",
        "stale_feed": "replayx.faults.toxics.stall:StaleFeed",
        "stall": "replayx.faults.toxics.stall:Stall",
        "timeout": "replayx.faults.toxics.endings:Timeout",
        "trade_gap": "replayx.faults.toxics.trade_gap:TradeGap",
        "truncated_body": "replayx.faults.toxics.truncated_body:TruncatedBody",
        "venue_failure": "replayx.faults.toxics.venue_failure:VenueFailure",
    }
)


@cache
def _plugins() -> MappingProxyType[str, EntryPoint]:
    """Return what other packages declare. A name of ours stays ours."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    return MappingProxyType({name: found[name] for name in found if name not in BUILT_IN})


@cache
def toxic_names() -> tuple[str, ...]:
    """Return the names of all toxics there are, sorted."""
    return tuple(sorted({*BUILT_IN, *_plugins()}))


@cache
def load_toxic(name: str) -> type[Toxic]:
    """Return a toxic by its name in a plan. Raises InvalidPlan."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return _checked(getattr(import_module(module), attribute))
    point = _plugins().get(name)
    if point is None:
        near = get_close_matches(name.lower(), toxic_names(), n=2, cutoff=0.4)
        raise InvalidPlan(f"no toxic is called {name!r}", expected=" or ".join(near) or None)
    try:
        kind = point.load()
    except (ImportError, AttributeError) as problem:
        raise InvalidPlan(
            f"toxic {name!r} is declared as {point.value}, which cannot be loaded: {problem}",
            hint="The package that declares it is broken or not fully installed",
        ) from problem
    if not (isinstance(kind, type) and issubclass(kind, Toxic) and kind.type == name):
        # A plan is written with the type, and read with the name.
        raise InvalidPlan(
            f"toxic {name!r} is declared as {point.value}, which is none",
            expected=f"a Toxic whose type is {name!r}",
        )
    return kind


def _checked(kind: object) -> type[Toxic]:
    assert isinstance(kind, type), f"{kind!r} is not a class"
    assert issubclass(kind, Toxic), f"{kind!r} is not a Toxic"
    return kind
