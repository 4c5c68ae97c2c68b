"""What is secret."""

import pytest

from replayx.venues.binance.secrets import SECRETS


@pytest.mark.parametrize("name", ["X-MBX-APIKEY", "apiKey", "listenKey", "uid", "accountAlias"])
def test_identifiers(name: str) -> None:
    assert name.lower() in SECRETS.identifiers


@pytest.mark.parametrize("name", ["signature", "Set-Cookie", "X-Forwarded-For"])
def test_erased(name: str) -> None:
    assert name.lower() in SECRETS.erased


def test_names_are_in_lower_case_and_treated_in_one_way() -> None:
    kinds = [SECRETS.identifiers, SECRETS.erased, SECRETS.dropped]
    names = [name for kind in kinds for name in kind]
    assert all(name == name.lower() for name in names)
    assert len(names) == len(set(names))
