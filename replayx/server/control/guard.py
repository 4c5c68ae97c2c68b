"""Who may command: no page in a browser, and whoever knows the token, if there is one.

A page can make a browser send requests to this machine. A name that its owner lets point here
(DNS rebinding) stands in the Host header, and a page's own address in the Origin header: both
are refused unless they are this port's own.
"""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address

import msgspec

from replayx.server.control.definitions import Problem


class Guard(msgspec.Struct, frozen=True):
    """What is asked of every request. `host` is the address the port is bound to."""

    host: str
    token: str = ""

    def problem(self, headers: Mapping[str, str]) -> Problem | None:
        """Return why a request with these headers is refused; None: it is not."""
        host = headers.get("Host", "")
        if not self._is_own(host):
            return Problem(
                403,
                f"the Host header {host!r}",
                expected=f"{self.host} or a loopback address",
                where="Host",
            )
        origin = headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return Problem(
                403,
                f"the origin {origin!r}",
                expected="no request from a page of another origin",
                where="Origin",
            )
        if self.token and not self._is_known(headers.get("Authorization", "")):
            return Problem(
                401, "no valid token", expected="Authorization: Bearer TOKEN", where="Authorization"
            )
        return None

    def _is_own(self, host: str) -> bool:
        name = hostname(host)
        if name in ("localhost", self.host.lower()):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        # Bound to all addresses, any of them may be meant: only a name can be rebound.
        return address.is_loopback or is_wildcard(self.host)

    def _is_known(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        is_same = hmac.compare_digest(token.strip().encode(errors="replace"), self.token.encode())
        return is_same and scheme.lower() == "bearer"


def hostname(host: str) -> str:
    """Return the name or address in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def is_wildcard(host: str) -> bool:
    """Say whether to bind to `host` is to bind to every address."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
