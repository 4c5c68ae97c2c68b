"""Outages: toxics that act on a market's connections as such, and on nothing that travels on them.

An outage begins where its window opens on the tape, once each time the tape comes by, and is over
where the window closes. It takes no chance.
"""

from replayx.errors import InvalidOption
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.faults.toxic import Toxic


class Outage(Toxic, frozen=True, kw_only=True):
    """What happens to connections at a time. Of a rule's `where` it takes what names connections;
    of its `when` from, until, for and price.
    """


def outages_of(plan: Plan) -> tuple[Rule, ...]:
    """Return the rules of a plan that act on connections as such.

    Raises InvalidOption for one that is to act where or when no outage can.
    """
    found = tuple(rule for rule in plan.rules if isinstance(rule.toxic, Outage))
    for rule in found:
        where, when = rule.where, rule.when
        named = Where(
            market=where.market,
            carrier=where.carrier,
            connection=where.connection,
            client=where.client,
        )
        timed = When(
            from_ns=when.from_ns, until_ns=when.until_ns, for_ns=when.for_ns, price=when.price
        )
        if where != named or when != timed:
            raise InvalidOption(
                f"a {rule.toxic.type} for some messages or requests only",
                expected="of where: market, carrier, connection, client; "
                "of when: from, until, for, price",
                where=f"rule {rule.name!r}",
                hint="it happens to whole connections, at a time",
            )
    return found
