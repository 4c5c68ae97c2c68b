"""TLS of the local side, for every verb that listens."""

import ssl
from pathlib import Path

from replayx.errors import InvalidOption


def server_tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return what `--tls-cert` and `--tls-key` ask for; None: no TLS. Raises InvalidOption."""
    if cert is None and key is not None:
        raise InvalidOption(
            "a key without its certificate", where="--tls-key", expected="--tls-cert as well"
        )
    if cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidOption(
            f"cannot use {cert}: {error}", expected="a PEM chain and its key", where="--tls-cert"
        ) from error
    return context
