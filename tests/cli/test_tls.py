import ssl

import pytest

from replayx.cli.tls import server_tls
from replayx.errors import InvalidOption
from tests.server.certificates import make_certificate


def test_a_certificate_and_its_key_make_a_context(tmp_path):
    assert isinstance(server_tls(*make_certificate(tmp_path)), ssl.SSLContext)
    assert server_tls(None, None) is None


def test_what_cannot_be_used_is_told(tmp_path):
    cert, key = make_certificate(tmp_path)
    with pytest.raises(InvalidOption, match="a key without its certificate"):
        server_tls(None, key)
    with pytest.raises(InvalidOption, match="expected a PEM chain and its key"):
        server_tls(key, key)
    with pytest.raises(InvalidOption, match="cannot use"):
        server_tls(tmp_path / "none.pem", key)
    assert cert.exists()
