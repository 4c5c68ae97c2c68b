"""Binance's hosts: presets to record from, and every host name a client may mean.

Origin: Binance's API documentation, "General API information" of each market, as of 2026-11.
"""

from collections.abc import Mapping
from types import MappingProxyType

from replayx.venues.venue import Role, Upstream

SPOT_UPSTREAMS: Mapping[str, Upstream] = MappingProxyType(
    {
        "mainnet": Upstream(
            rest="https://api.binance.com",
            ws="wss://stream.binance.com:9443",
            wsapi="wss://ws-api.binance.com:443",
            live=True,
        ),
        "testnet": Upstream(
            rest="https://testnet.binance.vision",
            ws="wss://stream.testnet.binance.vision",
            wsapi="wss://ws-api.testnet.binance.vision",
        ),
        "demo": Upstream(
            rest="https://demo-api.binance.com",
            ws="wss://demo-stream.binance.com:9443",
            wsapi="wss://demo-ws-api.binance.com",
        ),
        "us": Upstream(
            rest="https://api.binance.us",
            ws="wss://stream.binance.us:9443",
            wsapi="wss://ws-api.binance.us:443",
            live=True,
        ),
        "data-only": Upstream(
            rest="https://data-api.binance.vision",
            ws="wss://data-stream.binance.vision",
        ),
    }
)

USDM_UPSTREAMS: Mapping[str, Upstream] = MappingProxyType(
    {
        "mainnet": Upstream(
            rest="https://fapi.binance.com",
            ws="wss://fstream.binance.com",
            wsapi="wss://ws-fapi.binance.com",
            live=True,
        ),
        "testnet": Upstream(
            rest="https://testnet.binancefuture.com",
            ws="wss://fstream.binancefuture.com",
            wsapi="wss://testnet.binancefuture.com",
        ),
        "demo": Upstream(
            rest="https://demo-fapi.binance.com",
            ws="wss://demo-fstream.binance.com",
        ),
    }
)

SPOT_HOSTS: Mapping[str, Role] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "api.binance.com",
                "api-gcp.binance.com",
                "api1.binance.com",
                "api2.binance.com",
                "api3.binance.com",
                "api4.binance.com",
                "data-api.binance.vision",
                "testnet.binance.vision",
                "api1.testnet.binance.vision",
                "demo-api.binance.com",
                "api.binance.us",
            ),
            Role.REST,
        ),
        **dict.fromkeys(
            (
                "stream.binance.com",
                "data-stream.binance.vision",
                "stream.testnet.binance.vision",
                "demo-stream.binance.com",
                "stream.binance.us",
            ),
            Role.STREAM,
        ),
        **dict.fromkeys(
            (
                "ws-api.binance.com",
                "ws-api.testnet.binance.vision",
                "demo-ws-api.binance.com",
                "ws-api.binance.us",
            ),
            Role.WS_API,
        ),
    }
)

USDM_HOSTS: Mapping[str, Role] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "fapi.binance.com",
                # Serves the testnet's WS API too, and COIN-M's REST; the path tells.
                "testnet.binancefuture.com",
                "demo-fapi.binance.com",
            ),
            Role.REST,
        ),
        **dict.fromkeys(
            (
                "fstream.binance.com",
                "fstream.binancefuture.com",
                "stream.binancefuture.com",
                "demo-fstream.binance.com",
            ),
            Role.STREAM,
        ),
        "ws-fapi.binance.com": Role.WS_API,
    }
)
