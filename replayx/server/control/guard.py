"""Who may command: no page in a browser, and whoever knows the token, if there is one.

A page can make a browser send requests to this machine. A name that its owner lets point here
(DNS rebinding) stands in the Host header, and a page's own address in the Origin header: both
are refused unless they are this port's own.
"""

import hmac
import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

from replayx.server.control.definitions import Problem

# What stands in a Host header (RFC 9110 section 7.2), all of it; a name may end in a dot.
_HOST = re.compile(r"(?:\[(?P<bare>[0-9A-Fa-f:.]+)\]|(?P<name>[^:@/\[\]\s]+?)\.?)(?::[0-9]{1,5})?")


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
        if name and name in ("localhost", self.host.lower()):
            return True
        # Bound to all addresses, any of them may be meant: only a name can be rebound.
        address = _address(name)
        return address is not None and (address.is_loopback or is_wildcard(self.host))

    def _is_known(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        is_same = hmac.compare_digest(token.strip().encode(errors="replace"), self.token.encode())
        return is_same and scheme.lower() == "bearer"


def hostname(host: str) -> str:
    """Return the name or address in a Host header, without port and brackets; empty: none."""
    match = _HOST.fullmatch(host)
    return "" if match is None else (match["bare"] or match["name"]).lower()


def is_wildcard(host: str) -> bool:
    """Say whether to bind to `host` is to bind to every address."""
    address = _address(host)
    return host == "" if address is None else address.is_unspecified


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is; None: it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # ::ffff:127.0.0.1 is 127.0.0.1 in a socket for both (RFC 4291 section 2.5.5.2).
    return getattr(address, "ipv4_mapped", None) or address
