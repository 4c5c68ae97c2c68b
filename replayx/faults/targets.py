"""Targets: whether a rule can ever act on anything, asked of its toxic.

A toxic says for each link what runs there. A rule whose `where` leaves nothing of that is a
mistake, told in words: which of messages, requests and handshakes the toxic acts on.
"""

from collections.abc import Iterator, Mapping
from itertools import product

from replayx.errors import InvalidOption
from replayx.faults.document_reader import DocumentReader, nearest
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.outage import Outage, outages_of
from replayx.faults.rule import Plan, Rule, Where
from replayx.faults.selector import can_act_on
from replayx.faults.shock import Shock, shocks_of
from replayx.faults.toxic import Toxic
from replayx.venues.venue import Venue


def check_target(rule: Rule, reader: DocumentReader, venues: Mapping[str, Venue]) -> None:
    """Check that what a rule is to act on can be there. Raises InvalidPlan.

    venues: those of the markets there are; none if that is not known.
    """
    market = rule.where.market
    if market and venues and market not in venues:
        raise reader.at("where.market").problem(
            f"there is no market {market!r}", expected=nearest(market, venues)
        )
    if isinstance(rule.toxic, Shock | Outage):
        _check_whole(rule, reader)
        return
    acts = set(_acts_on(rule.toxic, _links(Where())))
    if not acts:
        return  # what acts on no link says for itself where it does
    is_torn = rule.where.channel and rule.where.route
    if is_torn or not any(can_act_on(rule, link) for link in _links(rule.where)):
        raise reader.at("where").problem(
            f"{_said(rule.where)}, which are never together",
            expected="a channel or a connection of ws or wsapi, or a route of rest or wsapi",
        )
    reached = {act for act in _acts_on(rule.toxic, _possible(rule)) if _is_meant(act, rule.where)}
    if not reached:
        raise reader.at("where").problem(
            f"{_said(rule.where)} is nothing that {rule.toxic.type} acts on",
            expected=f"some of: {', '.join(_in_words(acts))}",
        )


def _check_whole(rule: Rule, reader: DocumentReader) -> None:
    """Check what acts on the whole market, or on whole connections."""
    plan = Plan(rules=(rule,))
    try:
        outages_of(plan)
        shocks_of(plan)
        if isinstance(rule.toxic, Shock):
            rule.toxic.path()
    except InvalidOption as problem:
        raise reader.problem(
            problem.found, expected=problem.expected, hint=problem.hint
        ) from problem


def acts_on(toxic: Toxic) -> list[str]:
    """Return what a toxic acts on, in words: `messages (ws)`, `requests (rest, wsapi)`."""
    if isinstance(toxic, Shock):
        return ["the market on the tape"]
    if isinstance(toxic, Outage):
        return ["whole connections"]
    return _in_words(set(_acts_on(toxic, _links(Where()))))


_Act = tuple[str, str, str]  # what, carrier, direction


def _acts_on(toxic: Toxic, links: Iterator[Link]) -> Iterator[_Act]:
    for link in links:
        carrier, direction = link.carrier.value, link.direction.value
        if link.carrier is not Carrier.REST and toxic.on_link(link) is not None:
            yield "messages", carrier, direction
        if link.carrier is not Carrier.WS and toxic.on_requests(link) is not None:
            yield "requests", carrier, direction
        if link.carrier is not Carrier.REST and toxic.on_handshakes(link) is not None:
            yield "handshakes", carrier, direction


def _links(where: Where) -> Iterator[Link]:
    """Yield a link of every kind, of the connection that is meant."""
    for carrier, direction in product(Carrier, Direction):
        connection = 0 if carrier is Carrier.REST else where.connection or 1
        yield Link(where.market, carrier, direction, connection, where.client)


def _possible(rule: Rule) -> Iterator[Link]:
    return (link for link in _links(rule.where) if can_act_on(rule, link))


def _is_meant(act: _Act, where: Where) -> bool:
    """Say whether `where` leaves anything of an act: handshakes have no channel and no symbol."""
    what, _, _ = act
    if where.channel:
        return what == "messages"
    if where.route:
        return what == "requests"
    return not (where.symbol and what == "handshakes")


def _said(where: Where) -> str:
    said = [
        f"{key} {value}"
        for key in where.__struct_fields__
        if (value := getattr(where, key)) not in ("", 0)
        and (key, value) != ("direction", "downstream")
    ]
    return ", ".join(said) or "direction downstream"


def _in_words(acts: set[_Act]) -> list[str]:
    """Return acts by what and direction, downstream unless said."""
    carriers: dict[tuple[str, str], list[str]] = {}
    for what, carrier, direction in sorted(acts):
        carriers.setdefault((what, direction), []).append(carrier)
    return [
        f"{what} {direction} ({', '.join(of)})"
        if direction == "upstream"
        else f"{what} ({', '.join(of)})"
        for (what, direction), of in carriers.items()
    ]
