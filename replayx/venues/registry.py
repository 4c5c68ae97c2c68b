"""The registry: venues by name and by host.

Venues are declared as entry points of the group `replayx.venues`. replayx's own are declared in
pyproject.toml like anybody's, and once more here: asking the installed packages takes tens of
milliseconds, and a checkout that is not installed declares nothing.
"""

from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from replayx.errors import UnknownMarket
from replayx.venues.venue import Role, Venue

GROUP = "replayx.venues"

BUILT_IN = MappingProxyType(
    {
        "binance-spot": "replayx.venues.binance.spot:BinanceSpot",
        "binance-usdm": "replayx.venues.binance.usdm:BinanceUsdm",
    }
)


@cache
def _plugins() -> MappingProxyType[str, EntryPoint]:
    """Return what other packages declare. A name of ours stays ours."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    return MappingProxyType({name: found[name] for name in found if name not in BUILT_IN})


@cache
def venue_names() -> tuple[str, ...]:
    """Return the names of all venues there are, sorted."""
    return tuple(sorted({*BUILT_IN, *_plugins()}))


@cache
def load_venue(name: str) -> Venue:
    """Return a venue by its name. Raises UnknownMarket."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return _made(getattr(import_module(module), attribute))
    point = _plugins().get(name)
    if point is None:
        near = get_close_matches(name.lower(), venue_names(), n=2, cutoff=0.4)
        raise UnknownMarket(
            f"no market is called {name!r}", expected=" or ".join(near or venue_names())
        )
    try:
        return _made(point.load())
    except (ImportError, AttributeError) as problem:
        raise UnknownMarket(
            f"market {name!r} is declared as {point.value}, which cannot be loaded: {problem}",
            hint="The package that declares it is broken or not fully installed",
        ) from problem


def _made(factory: object) -> Venue:
    assert callable(factory), f"{factory!r} is not a class"
    venue: Venue = factory()
    return venue


@lru_cache(maxsize=1024)
def venue_of_host(host: str) -> tuple[Venue, Role] | None:
    """Return whose host this is, `stream.binance.com` or `stream.binance.com:9443`, and its role.

    None for a host that no venue claims.
    """
    bare = host.lower().partition(":")[0].rstrip(".")
    if "." not in bare:
        return None  # localhost, [::1] and the like are nobody's; spares asking the plugins
    for name in (*BUILT_IN, *(name for name in venue_names() if name not in BUILT_IN)):
        venue = load_venue(name)
        role = venue.hosts.get(bare)
        if role is not None:
            return venue, role
    return None
