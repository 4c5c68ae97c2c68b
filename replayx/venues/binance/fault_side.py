"""How Binance fails: the FaultSide of its markets, by what each dialect says."""

from replayx.venues.binance import failures, maintenance, server_clock
from replayx.venues.binance.dialect import Dialect
from replayx.venues.fault_side import FailureContext, FaultSide
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, Subscription, WsApiRequest


class BinanceFaultSide(FaultSide):
    """The failures of one of Binance's markets; see replayx.venues.fault_side for the methods."""

    _dialect: Dialect

    def fail(self, word: str, context: FailureContext) -> HttpReply:
        """Return the answer of a failure in `failures`."""
        return failures.fail(self._dialect, word, context)

    def wsapi_failure(self, word: str, context: FailureContext, request: WsApiRequest) -> bytes:
        """Return a failure as the WebSocket API answers a request with it."""
        return failures.wsapi_failure(self._dialect, word, context, request)

    def shutdown_notice(self, subscription: Subscription, venue_ms: int) -> bytes | None:
        """Return `serverShutdown` as this connection gets it; None: the market has none."""
        return maintenance.shutdown_notice(self._dialect, subscription, venue_ms)

    def halted(
        self, key: RequestKey, reply: HttpReply, status: str, symbols: tuple[str, ...]
    ) -> HttpReply:
        """Return an answer with the state of these symbols (none: all) as `status`."""
        return maintenance.halted(self._dialect, key, reply, status, symbols)

    def halt_refusal(self, key: RequestKey, *, is_whole: bool) -> str | None:
        """Return the word of the failure with which a halted market answers; None: as always."""
        return maintenance.halt_refusal(key, is_whole=is_whole)

    def skewed(self, reply: HttpReply, skew_ms: int) -> HttpReply:
        """Return an answer with the venue's own time in it moved."""
        return server_clock.skewed(reply, skew_ms)

    def clock_refusal(self, request: HttpRequest | WsApiRequest, now_ms: int) -> str | None:
        """Return the word of the failure of a request that says a time too far from `now_ms`."""
        return server_clock.clock_refusal(request, now_ms)
