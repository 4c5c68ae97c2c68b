"""Binance's limits: each method hands its dialect to the module that knows."""

from types import MappingProxyType

import msgspec

from replayx.venues.binance import charges, limit_answers
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.limit_rules import SPOT_RULES, USDM_RULES, rules_at
from replayx.venues.binance.pools import WEIGHT, WSAPI_WEIGHT
from replayx.venues.binance.request_key import request_key
from replayx.venues.binance.wsapi import wsapi_key
from replayx.venues.rate_side import Breach, Charge, RateRules, RateSide, Usage
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, Subscription, WsApiRequest

Usages = tuple[Usage, ...]
Asked = HttpRequest | WsApiRequest


class BinanceRateSide(RateSide):
    """What one of Binance's markets limits; see replayx.venues.rate_side.RateSide."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._bare = msgspec.structs.replace(dialect, defaults=MappingProxyType({}))
        self._is_futures = dialect.diffs_are_linked
        # The last request with its key: each is asked about several times in a row.
        self._last: tuple[Asked | None, RequestKey] = (None, RequestKey("", "", ()))

    def rates(self, date: str) -> RateRules | None:
        """Return the rules that were in force at a date."""
        return rules_at(USDM_RULES if self._is_futures else SPOT_RULES, date)

    def charge(self, request: Asked, rules: RateRules) -> Charge:
        """Return what a request costs."""
        charge = charges.usdm_charge if self._is_futures else charges.spot_charge
        return charge(self._keyed(request), rules, is_http=isinstance(request, HttpRequest))

    def connect_charge(self, opened: Subscription | None, rules: RateRules) -> Charge:
        """Return what a handshake costs; None: it leads nowhere."""
        pool = WSAPI_WEIGHT if self._is_futures else WEIGHT
        return charges.connect_charge(opened, rules, pool=pool)

    def account_of(self, request: Asked) -> str:
        """Return whose orders a request is about; empty if it doesn't say."""
        return charges.account_of(request)

    def limited(self, breach: Breach, usages: Usages) -> HttpReply:
        """Return the refusal of a request that broke a limit."""
        return limit_answers.limited(self._dialect, breach, usages)

    def limited_message(self, request: WsApiRequest, breach: Breach, usages: Usages) -> bytes:
        """Return the refusal of a WS-API request that broke a limit."""
        return limit_answers.limited_message(self._dialect, request, breach, usages)

    def told_limits(self, request: Asked, usages: Usages) -> HttpReply | None:
        """Answer a request for what is used of the limits; None: it asks for something else."""
        return limit_answers.told_limits(self._dialect, self._keyed(request), usages)

    def tells_limits(self, request: HttpRequest) -> bool:
        """Say whether the body of an answer lists the limits."""
        return limit_answers.tells_limits(self._dialect, self._keyed(request))

    def metered(self, request: HttpRequest, reply: HttpReply, usages: Usages) -> HttpReply:
        """Return an answer that tells these limits and usages, in place of its own."""
        return limit_answers.metered(self._dialect, self._keyed(request), reply, usages)

    def metered_message(self, request: WsApiRequest, message: bytes, usages: Usages) -> bytes:
        """Return a WS-API answer that tells these usages in place of its own."""
        key = self._keyed(request)
        return limit_answers.metered_message(self._dialect, key, request, message, usages)

    def metered_failure(
        self, word: str, request: Asked, answer: HttpReply | bytes, usages: Usages
    ) -> HttpReply | bytes:
        """Return the answer of a failure with these usages, where it tells any."""
        return limit_answers.metered_failure(self._dialect, word, request, answer, usages)

    def _keyed(self, request: Asked) -> RequestKey:
        """Return a request's key with all its parameters: one left out may cost something else."""
        last, key = self._last
        if last is not request:
            if isinstance(request, HttpRequest):
                key = request_key(self._bare, request)
            else:
                key = wsapi_key(self._bare, request)
            self._last = request, key
        return key
