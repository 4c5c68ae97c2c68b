from typing import ClassVar

from replayx.faults.fault_log import FaultLog
from replayx.faults.injector import Injector
from replayx.faults.round_trip import Delivery
from replayx.faults.rule import Plan, Rule, When
from replayx.faults.toxic import Toxic
from replayx.session.answers import dated
from replayx.session.effects import AbortConnection, Accept, Refuse
from replayx.session.inputs import ConnectionAsked, ConnectionLost, ResetAsked
from replayx.venues.venue import HttpReply
from tests.session.clocked import make
from tests.session.playbook import S


class Shaken(Toxic, frozen=True, kw_only=True):
    """What a test wants of a handshake."""

    type: ClassVar[str] = "shaken"
    delay_ns: int = 0
    delivery: Delivery = Delivery.WHOLE
    status: int = 0

    def on_handshakes(self, link):
        return self

    def apply(self, attempt, draws):
        attempt.delay_ns, attempt.delivery = self.delay_ns, self.delivery
        if self.status:
            attempt.canned = HttpReply(self.status, b"no")
        return True


def play_with(when=None, **attributes):
    rule = Rule(name="shaken", toxic=Shaken(**attributes), when=when or When())
    return make(injector=Injector(0, Plan(rules=(rule,)), FaultLog()))


ASKED = ConnectionAsked(1, "fake", "/s/a")


def test_a_handshake_may_be_late():
    play = play_with(delay_ns=3 * S)
    play << ASKED >> []
    assert play.session.next_deadline_ns() == 3 * S
    play.at(3 * S - 1) >> []
    play.at(3 * S) >> [Accept(1)]


def test_it_is_refused_reset_or_closed():
    play_with(status=503) << ASKED >> [Refuse(1, dated(HttpReply(503, b"no"), 1_000_000))]
    play_with(delivery=Delivery.RESET) << ASKED >> [AbortConnection(1, True)]
    play_with(delivery=Delivery.EMPTY) << ASKED >> [AbortConnection(1, False)]


def test_it_is_never_answered_until_a_reset():
    play = play_with(delivery=Delivery.NEVER)
    play << ASKED >> []
    play.at(9 * S) >> []
    assert play.session.next_deadline_ns() is None
    play << ResetAsked(1)
    effects, play._effects = play._effects, None
    assert effects[0] == AbortConnection(1)


def test_who_does_not_wait_is_forgotten():
    play = play_with(delay_ns=S)
    play << ASKED >> []
    play << ConnectionLost(1) >> []
    play.at(2 * S) >> []


def test_rules_count_the_handshakes_of_a_market():
    play = play_with(when=When(nth=(2,)), status=503)
    play << ASKED >> [Accept(1)]
    (
        play
        << ConnectionAsked(2, "fake", "/s/a")
        >> [Refuse(2, dated(HttpReply(503, b"no"), 1_000_000))]
    )
    play << ConnectionAsked(3, "fake", "/s/a") >> [Accept(3)]
    (entry,) = play.session.injector.log.entries()
    assert (entry.rule, entry.link) == ("shaken", "fake/ws/2/downstream/handshake")


def test_a_path_that_is_none_is_refused_as_ever():
    play = play_with()
    refusal = dated(HttpReply(404, b"no such path"), 1_000_000)
    play << ConnectionAsked(1, "fake", "/no") >> [Refuse(1, refusal)]
