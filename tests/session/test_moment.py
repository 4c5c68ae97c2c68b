from replayx.session.effects import Accept
from replayx.session.inputs import ConnectionAsked
from replayx.session.moment import Moment


def test_a_moment_leads_to_nothing_else_unless_it_says_so():
    moment = Moment(ConnectionAsked(1, "m", "/s"), 5, 1, 2, [Accept(1)])
    assert (moment.injected, moment.unmatched) == ((), ())
