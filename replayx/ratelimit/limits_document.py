"""Limits as people write them: which rules are in force, and what is different from them.

    rules = "venue"          # those at the tape's date; or a date, "2024-01-01"; or "off"
    rest_limit = 10          # requests, whatever they are, in each ...
    rest_period_ms = 1000
    ws_limit = 5             # messages a second on a WebSocket connection, ...
    ws_burst = 10            # and so many at once

    [limits]                 # by the words of the venue's limits
    orders_10s = 5
    [ban]
    after = 3                # refusals of one who does not wait
    first = "2m"
    [sockets]
    cuts = 3

The same document is TOML in a file, JSON over the control API, and `Limits` in Python.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from replayx.clock import NS_PER_MS
from replayx.errors import InvalidOption
from replayx.quantities import parse_duration_ns
from replayx.venues.rate_side import REQUESTS, BanRule, LimitRule, RateRules, SocketRule

_DAY_NS = 86_400_000 * NS_PER_MS
# A limit nobody reaches, and periods from which windows can still be told apart.
_Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
_Positive = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_PeriodMs = Annotated[int, Meta(ge=1, le=7 * _DAY_NS // NS_PER_MS)]
_Duration = Annotated[str, Meta(max_length=32)]

# The knobs' limit counts requests, and stands where the venue's limit of weight stood.
_REST_WORD = "request_weight"
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`(?: - at `\$\.?([^`]*)`)?")


class BanChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is different about bans. `after`: how often one is refused who does not wait."""

    after: _Count | None = None
    first: _Duration = ""
    most: _Duration = ""
    growth: Annotated[int, Meta(ge=1, le=1000)] | None = None
    forgotten_after: _Duration = ""


class SocketChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is different about WebSocket connections. `cuts` within `cuts_period` lead to a ban."""

    cuts: _Count | None = None
    cuts_period: _Duration = ""
    message_bytes: _Positive | None = None
    target_bytes: _Positive | None = None


class Limits(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Which limits are imposed: the venue's `rules`, and what is different from them."""

    rules: Annotated[str, Meta(max_length=32)] = "venue"
    rest_limit: _Positive | None = None
    rest_period_ms: _PeriodMs | None = None
    ws_limit: _Positive | None = None
    ws_burst: _Positive | None = None
    limits: dict[Annotated[str, Meta(max_length=64)], _Positive] = {}
    ban: BanChange = BanChange()
    sockets: SocketChange = SocketChange()

    @property
    def date(self) -> str:
        """The date whose rules are in force; empty: the tape's own."""
        return "" if self.rules in ("venue", "off") else self.rules

    def applied_to(self, rules: RateRules) -> RateRules | None:
        """Return the rules that are imposed where the venue has these; None: none at all."""
        if self == NO_LIMITS:
            return None
        is_off = self.rules == "off"
        kept = () if is_off else rules.limits
        limits = [_with(rule, limit=self.limits.get(rule.word, rule.limit)) for rule in kept]
        if self.rest_limit is not None or self.rest_period_ms is not None:
            limits = self._with_requests(rules, limits)
        return RateRules(
            date=rules.date,
            limits=tuple(limits),
            ban=self._ban(rules.ban),
            sockets=self._sockets(rules.sockets, is_off=is_off),
        )

    def _with_requests(self, rules: RateRules, limits: list[LimitRule]) -> list[LimitRule]:
        """Return limits of which the one of weight counts requests."""
        weight = next((one for one in rules.limits if one.word == _REST_WORD), None)
        if weight is None:
            return limits
        limit = weight.limit if self.rest_limit is None else self.rest_limit
        period_ns = (self.rest_period_ms or weight.period_ns // NS_PER_MS) * NS_PER_MS
        counted = _with(weight, limit=limit, pool=REQUESTS, period_ns=period_ns)
        return [counted, *(one for one in limits if one.word != _REST_WORD)]

    def _ban(self, rule: BanRule) -> BanRule:
        change = self.ban
        return BanRule(
            refusals_max=rule.refusals_max if change.after is None else change.after,
            first_ns=_ns(change.first, rule.first_ns),
            most_ns=_ns(change.most, rule.most_ns),
            growth=change.growth or rule.growth,
            forgotten_after_ns=_ns(change.forgotten_after, rule.forgotten_after_ns),
        )

    def _sockets(self, rule: SocketRule, *, is_off: bool) -> SocketRule:
        change = self.sockets
        per_s = self.ws_limit or (None if is_off else rule.messages_per_s)
        burst = self.ws_burst or self.ws_limit or rule.burst
        return SocketRule(
            messages_per_s=per_s,
            burst=burst,
            cuts_max=rule.cuts_max if change.cuts is None else change.cuts,
            cuts_period_ns=_ns(change.cuts_period, rule.cuts_period_ns),
            message_bytes_max=change.message_bytes or rule.message_bytes_max,
            target_bytes_max=change.target_bytes or rule.target_bytes_max,
        )


NO_LIMITS = Limits(rules="off")
VENUE_LIMITS = Limits()


def limits_from_document(document: object, where: str, *, words: Collection[str] = ()) -> Limits:
    """Return the limits that a document tells; `words` are those its limits may have, if known.

    Raises InvalidOption.
    """
    try:
        limits = msgspec.convert(document, Limits)
    except msgspec.ValidationError as error:
        raise _unfit(error, where) from error
    _check_rules(limits, where)
    for name, text in _durations(limits).items():
        _check_duration(text, f"{where}: {name}")
    if words:
        check_words(limits, words, where)
    return limits


def limits_document(limits: Limits) -> dict[str, object]:
    """Return the document of limits: what `limits_from_document` takes."""
    document = msgspec.to_builtins(limits)
    return {"rules": limits.rules, **document}


def check_words(limits: Limits, words: Collection[str], where: str) -> None:
    """Check that limits are called by words of the venue. Raises InvalidOption."""
    for word in limits.limits:
        if word not in words:
            raise InvalidOption(
                f"no limit is called {word!r}",
                expected=f"one of {', '.join(sorted(words))}",
                where=f"{where}: limits",
                hint=_nearest(word, words),
            )


def _with(rule: LimitRule, *, limit: int, pool: str = "", period_ns: int = 0) -> LimitRule:
    return msgspec.structs.replace(
        rule, limit=limit, pool=pool or rule.pool, period_ns=period_ns or rule.period_ns
    )


def _ns(text: str, default_ns: int) -> int:
    return parse_duration_ns(text) if text else default_ns


def _durations(limits: Limits) -> Mapping[str, str]:
    ban, sockets = limits.ban, limits.sockets
    return {
        "ban.first": ban.first,
        "ban.most": ban.most,
        "ban.forgotten_after": ban.forgotten_after,
        "sockets.cuts_period": sockets.cuts_period,
    }


def _check_duration(text: str, where: str) -> None:
    if not text:
        return
    try:
        duration_ns = parse_duration_ns(text)
    except InvalidOption as error:
        raise InvalidOption(error.found, expected=error.expected, where=where) from error
    # A year is longer than any ban, and still a time that can be told in milliseconds.
    if not 0 < duration_ns <= 366 * _DAY_NS:
        raise InvalidOption(
            f"the duration {text!r}", expected="more than 0, up to 366d", where=where
        )


def _check_rules(limits: Limits, where: str) -> None:
    if not limits.date:
        return
    try:
        is_date = date.fromisoformat(limits.date).isoformat() == limits.date
    except ValueError:
        is_date = False
    if not is_date:
        raise InvalidOption(
            f"the rules {limits.rules!r}",
            expected='"venue", "off" or a date such as "2024-01-01"',
            where=f"{where}: rules",
            hint=_nearest(limits.rules, ("venue", "off")),
        )


def _unfit(error: msgspec.ValidationError, where: str) -> InvalidOption:
    found = _UNKNOWN_FIELD.search(str(error))
    if found is None:
        return InvalidOption(str(error), where=where)
    word, table = found[1], found[2] or ""
    known = _FIELDS.get(table, _FIELDS[""])
    return InvalidOption(
        f"unknown key {word!r}",
        expected=f"one of {', '.join(known)}",
        where=f"{where}: {table}" if table else where,
        hint=_nearest(word, known),
    )


def _nearest(word: str, known: Collection[str]) -> str | None:
    near = get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else None


_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": Limits.__struct_fields__,
        "ban": BanChange.__struct_fields__,
        "sockets": SocketChange.__struct_fields__,
    }
)
