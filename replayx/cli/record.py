"""`replayx record`: a proxy that captures what passes, or a client that captures by itself."""

import asyncio
import signal
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import msgspec

from replayx.cli.tls import server_tls
from replayx.errors import InvalidOption, StorageFailure

if TYPE_CHECKING:
    from replayx.recorder.record import LiveRecording, RecordOptions, Summary
    from replayx.recorder.recording import Rotation
    from replayx.venues.venue import Upstream, Venue

_EPILOG = """\b
Examples:
  replayx record binance-spot --upstream testnet --out btc.rpx
  replayx record binance-spot --upstream mainnet --symbols BTCUSDT,ETHUSDT \\
      --streams trade,bookTicker,depth@100ms,kline_1m --duration 10m --out btc.rpx
  replayx record binance-usdm --upstream demo --rotate 1GiB --out day.rpx
  replayx record binance-spot --upstream-rest https://localhost:9443 \\
      --upstream-ws wss://localhost:9443 --upstream-ca ca.pem --out local.rpx
\b
Without --streams it is a proxy: point a client's REST, stream and WS-API base URLs at the ones
printed. With --streams it subscribes by itself. Keys, signatures and listen keys are replaced
before they are written; the client sees the real ones. Ctrl-C ends the recording.
\b
Exit codes: 0 done, 2 wrong option or the file exists, 4 disk full, 5 the venue does not answer.
"""

# The thread that packs shares the interpreter with the event loop: a loop that waits 5 ms (the
# default) for its turn would show in the latency it adds.
_SWITCH_INTERVAL_S = 0.0005


@click.command(epilog=_EPILOG)
@click.argument("market")
@click.option("--upstream", "preset", metavar="NAME", help="mainnet, testnet, demo, us, data-only.")
@click.option("--upstream-rest", default="", metavar="URL", help="REST base URL instead.")
@click.option("--upstream-ws", default="", metavar="URL", help="Stream base URL instead.")
@click.option("--upstream-wsapi", default="", metavar="URL", help="WS-API base URL instead.")
@click.option(
    "--upstream-ca", type=click.Path(path_type=Path), help="Trust this CA too (PEM) upstream."
)
@click.option(
    "--out", "-o", required=True, type=click.Path(path_type=Path), help="The cassette to make."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True,
              help="Port for clients; 0 takes a free one.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve https and wss: PEM chain.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM key of --tls-cert.")
@click.option("--symbols", default="", metavar="A,B", help="Symbols to record without a client.")
@click.option("--streams", default="", metavar="S,T", help="Streams to record without a client.")
@click.option("--duration", default="", metavar="TIME", help="Stop after this long: 10m, 1h30m.")
@click.option("--rotate", default="", metavar="SIZE|TIME", help="A new file every 1GiB, or 1h.")
@click.option("--allow-trading", is_flag=True, help="Let orders through to a live market.")
@click.option("--level", type=click.IntRange(1, 19), default=6, show_default=True,
              help="zstd level.")  # fmt: skip
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the URLs here as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON lines on stdout.")
def command(market: str, *, ready_file: Path | None, as_json: bool, **given: Any) -> None:
    """Record MARKET (binance-spot, binance-usdm) into a cassette."""
    from replayx.server.event_loop import run
    from replayx.venues.registry import load_venue

    venue = load_venue(market)
    scheme = "https" if given["tls_cert"] else "http"
    host = given["host"]
    options = _options(venue, **given)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)

    def announce(live: "LiveRecording") -> None:
        _announce(_urls(live, host, scheme), options.out, ready_file, as_json=as_json)

    summary = run(_record(venue, options, announce, as_json=as_json))
    _tell(summary, as_json=as_json)


def _options(
    venue: "Venue",
    *,
    preset: str | None,
    upstream_rest: str,
    upstream_ws: str,
    upstream_wsapi: str,
    upstream_ca: Path | None,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    symbols: str,
    streams: str,
    duration: str,
    rotate: str,
    **rest: Any,
) -> "RecordOptions":
    from replayx.quantities import parse_duration_ns
    from replayx.recorder.proxy import Listen
    from replayx.recorder.record import RecordOptions

    given = {"rest": upstream_rest, "ws": upstream_ws, "wsapi": upstream_wsapi}
    if symbols and not streams:
        raise InvalidOption("symbols without streams", expected="--streams too", where="--symbols")
    return RecordOptions(
        upstream=_upstream(venue, preset, given),
        listen=Listen(host, port, server_tls(tls_cert, tls_key)),
        symbols=_words(symbols),
        streams=_words(streams),
        duration_ns=_positive(parse_duration_ns(duration), "--duration") if duration else 0,
        rotation=_rotation(rotate),
        tls=_client_tls(upstream_ca),
        **rest,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _upstream(venue: "Venue", preset: str | None, given: dict[str, str]) -> "Upstream":
    """Return the preset with the URLs given instead of its own. Raises InvalidOption."""
    from replayx.venues.venue import Upstream

    urls = {role: url.rstrip("/") for role, url in given.items() if url}
    known = " or ".join(venue.upstreams)
    if preset is None and not urls:
        raise InvalidOption("no upstream", expected=f"--upstream {known}, or --upstream-rest/-ws")
    if preset is not None and preset not in venue.upstreams:
        raise InvalidOption(f"the upstream {preset!r}", expected=known, where="--upstream")
    chosen = venue.upstreams[preset] if preset is not None else Upstream(rest="", ws="")
    _check_urls(urls)
    live = chosen.live or any(_is_live(venue, url) for url in urls.values())
    return msgspec.structs.replace(chosen, **urls, live=live)


def _is_live(venue: "Venue", url: str) -> bool:
    """Say whether a URL given by hand is the venue's, and of no preset known to be for tests."""
    tests = {
        urlsplit(origin).hostname
        for upstream in venue.upstreams.values()
        if not upstream.live
        for origin in (upstream.rest, upstream.ws, upstream.wsapi)
    }
    host = urlsplit(url).hostname
    return host in venue.hosts and host not in tests


def _check_urls(urls: dict[str, str]) -> None:
    """Raise InvalidOption for a URL of a scheme that its role does not speak."""
    for role, url in urls.items():
        schemes = ("http://", "https://") if role == "rest" else ("ws://", "wss://")
        if not url.startswith(schemes):
            raise InvalidOption(
                f"the URL {url!r}", expected=" or ".join(schemes), where=f"--upstream-{role}"
            )
        if not _is_origin(url):
            raise InvalidOption(
                f"the URL {url!r}", expected="scheme://host[:port]", where=f"--upstream-{role}"
            )


def _is_origin(url: str) -> bool:
    """Say whether a URL has a host, a port that can be, and neither query nor credentials."""
    parts = urlsplit(url)
    try:
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        is_port = False
    return is_port and bool(parts.hostname) and not set("?#@") & set(url)


def _rotation(text: str) -> "Rotation":
    """Return when to begin a new file: a size or a duration. Raises InvalidOption."""
    from replayx.quantities import parse_bytes, parse_duration_ns
    from replayx.recorder.recording import Rotation

    if not text:
        return Rotation()
    if text.strip().lower().endswith("b"):
        return Rotation(bytes_max=_positive(parse_bytes(text), "--rotate"))
    try:
        duration_ns = parse_duration_ns(text)
    except InvalidOption as error:
        raise InvalidOption(
            f"the rotation {text!r}", expected="a size such as 1GiB or a time such as 1h"
        ) from error
    return Rotation(duration_ns=_positive(duration_ns, "--rotate"))


def _positive(amount: int, option: str) -> int:
    """Return the amount. Raises InvalidOption for none: the recorder takes 0 for "never"."""
    if amount <= 0:
        raise InvalidOption("nothing at all", expected="more than 0", where=option)
    return amount


def _client_tls(ca: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, and `ca`. Raises InvalidOption."""
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(ca)
        except (OSError, ssl.SSLError) as error:
            raise InvalidOption(
                f"no certificates in {ca}: {error}", expected="a PEM file", where="--upstream-ca"
            ) from error
    return context


async def _record(
    venue: "Venue", options: "RecordOptions", announce: Any, *, as_json: bool
) -> "Summary":
    from replayx.clock import RealClock
    from replayx.recorder.record import record

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    shown: list[asyncio.Task[None]] = []

    def ready(live: "LiveRecording") -> None:
        announce(live)
        if not as_json and sys.stderr.isatty():
            shown.append(asyncio.create_task(_show(live)))

    try:
        return await record(
            venue, options, RealClock(), on_ready=ready, stop=stop, on_notice=_notice
        )
    finally:
        for task in shown:
            task.cancel()


def _notice(notice: str) -> None:
    click.echo(f"replayx: {notice}", err=True)


async def _show(live: "LiveRecording") -> None:
    """Keep a line of figures on the terminal."""
    from rich.console import Console
    from rich.live import Live

    from replayx.quantities import bytes_text

    totals, thread = live.recording.totals, live.recording.thread
    before = 0
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as line:
        while True:
            size = bytes_text(thread.bytes_before + thread.part_bytes)
            line.update(
                f"{totals.messages:,} messages  {totals.messages - before:,}/s  "
                f"{totals.interactions:,} requests  {size}  {totals.gaps} gaps",
                refresh=True,
            )
            before = totals.messages
            await asyncio.sleep(1)


def _urls(live: "LiveRecording", host: str, scheme: str) -> dict[str, dict[str, str]]:
    if not live.port:
        return {}
    address = f"[{host}]" if ":" in host else host
    rest = f"{scheme}://{address}:{live.port}"
    ws = "ws" + rest.removeprefix("http")
    urls = {"rest": rest, "ws": ws}
    if live.venue.wsapi_path:
        urls["wsapi"] = ws + live.venue.wsapi_path
    return {live.venue.name: urls}


def _announce(
    urls: dict[str, dict[str, str]], out: Path, ready_file: Path | None, *, as_json: bool
) -> None:
    ready = msgspec.json.encode({"event": "ready", "listeners": urls}).decode()
    if ready_file is not None:
        try:
            ready_file.write_text(ready + "\n")
        except OSError as error:
            raise StorageFailure(
                f"cannot be written: {error.strerror}", where=f"--ready-file {ready_file}"
            ) from error
    if as_json:
        click.echo(ready)
        return
    click.echo(f"recording into {out}")
    for market, addresses in urls.items():
        click.secho(market, bold=True)
        for role, url in addresses.items():
            click.echo(f"  {role:<6} {url}")


def _tell(summary: "Summary", *, as_json: bool) -> None:
    if as_json:
        facts = {"event": "end", **msgspec.structs.asdict(summary)}
        click.echo(msgspec.json.encode(facts))
        return
    from replayx.quantities import bytes_text

    click.echo(
        f"{summary.messages:,} messages, {summary.interactions:,} requests, {summary.gaps} gaps, "
        f"{bytes_text(summary.bytes)} in {', '.join(summary.files)}"
    )
