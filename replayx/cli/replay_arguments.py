"""What `replayx replay` is told, as options of a replay."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from replayx.cli.limits import read_limits
from replayx.cli.tls import server_tls
from replayx.errors import InvalidOption
from replayx.limits import LAPS_MAX

if TYPE_CHECKING:
    from replayx.server.replay_options import Instant, ReplayOptions

_PORT_MAX = 65535


def replay_options(
    *,
    speed: str,
    at_end: str,
    from_: str | None,
    to: str | None,
    rebase: str,
    loop: str | None,
    derive: str,
    skip_idle: str | None,
    regime: str,
    liveness: str | None,
    on_seek: str,
    no_roll_call: bool,
    timelines: tuple[str, ...],
    limits: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    **rest: Any,
) -> "ReplayOptions":
    """Return the options that the words on the command line mean. Raises InvalidOption."""
    from replayx.quantities import parse_duration_ns, parse_speed
    from replayx.server.replay_options import ReplayOptions
    from replayx.session.clockwork import Regime
    from replayx.session.pulse import Liveness
    from replayx.session.session import AtEnd, OnSeek

    return ReplayOptions(
        speed=parse_speed(speed),
        at_end=AtEnd(at_end),
        from_at=_instant(from_),
        to_at=_instant(to),
        rebase_to=_rebase_to(rebase),
        laps=_laps(loop),
        derive=derive == "on",
        skip_idle_ns=None if skip_idle is None else parse_duration_ns(skip_idle),
        regime=Regime(regime),
        liveness=None if liveness is None else Liveness(liveness),
        on_seek=OnSeek(on_seek),
        roll_call=not no_roll_call,
        timelines=tuple(_timeline(text) for text in timelines),
        limits=read_limits(limits),
        tls=server_tls(tls_cert, tls_key),
        **rest,
    )


def _instant(text: str | None) -> "Instant | None":
    """Return what a time given is, once it is known when the tape starts."""
    from replayx.quantities import parse_instant_ns

    if text is None:
        return None
    parse_instant_ns(text, 0)
    return partial(parse_instant_ns, text)


def _rebase_to(text: str) -> "Instant | Literal['now'] | None":
    """Return when the tape starts for clients. Raises InvalidOption."""
    if text == "now":
        return "now"
    return None if text == "off" else _instant(text)


def _laps(text: str | None) -> int | None:
    """Return how often the tape is played, None for ever. Raises InvalidOption."""
    if text is None:
        return 1
    if text == "endless":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:10]) <= LAPS_MAX:
        raise InvalidOption(
            repr(text),
            expected=f"nothing, or how often: 1 to {LAPS_MAX}",
            where="--loop",
            hint="Cassettes come before it: replayx replay btc.rpx --loop",
        )
    return int(text)


def _timeline(text: str) -> tuple[str, int]:
    from replayx.server.timelines import check_name

    name, found, port = text.partition("=")
    if not found or not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
        raise InvalidOption(repr(text), expected="a name and a port: mine=8090", where="--timeline")
    return check_name(name), int(port)
