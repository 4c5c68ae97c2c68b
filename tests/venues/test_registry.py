"""Venues by name and by host."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from replayx.errors import UnknownMarket
from replayx.venues import registry
from replayx.venues.venue import Role

ROOT = Path(__file__).resolve().parents[2]


def test_names() -> None:
    assert {"binance-spot", "binance-usdm"} <= set(registry.venue_names())
    for name in registry.venue_names():
        assert registry.load_venue(name).name == name


def test_declared_as_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][registry.GROUP] == dict(registry.BUILT_IN)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("binance", "binance-"), ("Binance-Spot", "binance-spot"), ("usdm", "binance-usdm")],
)
def test_unknown_names_are_answered_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownMarket) as caught:
        registry.load_venue(name)
    assert name in caught.value.found
    assert caught.value.expected is not None
    assert nearest in caught.value.expected


@pytest.mark.parametrize(
    ("host", "name", "role"),
    [
        ("api.binance.com", "binance-spot", Role.REST),
        ("API.Binance.com:443", "binance-spot", Role.REST),
        ("api4.binance.com", "binance-spot", Role.REST),
        ("stream.binance.com:9443", "binance-spot", Role.STREAM),
        ("ws-api.binance.com:443", "binance-spot", Role.WS_API),
        ("testnet.binance.vision", "binance-spot", Role.REST),
        ("stream.testnet.binance.vision", "binance-spot", Role.STREAM),
        ("ws-api.testnet.binance.vision", "binance-spot", Role.WS_API),
        ("demo-api.binance.com", "binance-spot", Role.REST),
        ("data-stream.binance.vision", "binance-spot", Role.STREAM),
        ("stream.binance.us:9443", "binance-spot", Role.STREAM),
        ("fapi.binance.com", "binance-usdm", Role.REST),
        ("fstream.binance.com.", "binance-usdm", Role.STREAM),
        ("ws-fapi.binance.com", "binance-usdm", Role.WS_API),
        ("testnet.binancefuture.com", "binance-usdm", Role.REST),
        ("demo-fstream.binance.com", "binance-usdm", Role.STREAM),
    ],
)
def test_hosts(host: str, name: str, role: Role) -> None:
    found = registry.venue_of_host(host)
    assert found is not None
    assert (found[0].name, found[1]) == (name, role)


@pytest.mark.parametrize(
    "host", ["", "localhost:8080", "127.0.0.1:8080", "[::1]:80", "example.org", "binance.com"]
)
def test_hosts_of_nobody(host: str) -> None:
    assert registry.venue_of_host(host) is None


def test_a_built_in_is_loaded_without_asking_the_installed_packages() -> None:
    program = (
        "import importlib.metadata as metadata\n"
        "def fail(**_): raise SystemExit('asked')\n"
        "metadata.entry_points = fail\n"
        "from replayx.venues.registry import load_venue, venue_of_host\n"
        "assert load_venue('binance-spot') is load_venue('binance-spot')\n"
        "assert venue_of_host('localhost') is None\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
