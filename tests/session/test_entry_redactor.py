import pytest

from replayx.cassette.redact import SecretRules
from replayx.session.entry_redactor import EntryRedactor
from replayx.session.inputs import ConnectionAsked, MessageReceived, RequestReceived
from replayx.session.run_entry import TurnsEntry
from replayx.session.transcript_entry import FaultEntry, Place, input_entry
from replayx.venues.venue import HttpRequest

KEY = "k3y" * 16
OTHER = "Ab1" * 16
RULES = SecretRules(
    identifiers=frozenset({"apikey", "listenkey"}),
    erased=frozenset({"signature"}),
    path_token_lengths=frozenset({48}),
)
PLACE = Place(seq=1, at_ns=0, now_ns=0)


def cleaned(*given, known=()):
    redactor = EntryRedactor([SecretRules(), RULES], b"salt", known=known)
    return redactor.clean([input_entry(one, PLACE) for one in given])


def test_one_secret_has_one_pseudonym_throughout():
    first, second = cleaned(
        ConnectionAsked(1, "m", f"/ws/{KEY}"),
        MessageReceived(1, b'{"apiKey":"%b"}' % KEY.encode()),
    )
    cover = first.target.removeprefix("/ws/")
    assert (cover != KEY, len(cover)) == (True, len(KEY))
    assert cover in second.payload.text


@pytest.mark.parametrize(
    "given",
    [
        ConnectionAsked(1, "m", f"/ws/{KEY}"),
        ConnectionAsked(1, "m", f"/stream?streams={KEY}/btc@trade&listenKey={KEY}"),
        RequestReceived(1, "m", HttpRequest("PUT", f"/api?listenKey={KEY}")),
        RequestReceived(1, "m", HttpRequest("PUT", "/api", (), b"listenKey=" + KEY.encode())),
        MessageReceived(1, b'{"listenKey":"%b"}' % KEY.encode()),
    ],
)
def test_what_the_tape_knows_is_told_as_it_is(given):
    assert cleaned(given, known=[KEY, "btc@trade"]) == [input_entry(given, PLACE)]
    (other,) = cleaned(given)
    assert f"/ws/{KEY}" not in str(other)


def test_others_are_still_replaced():
    (entry,) = cleaned(ConnectionAsked(1, "m", f"/ws/{OTHER}"), known=[KEY])
    assert OTHER not in entry.target
    assert KEY not in entry.target


def test_what_holds_no_secret_stays():
    entry = TurnsEntry(**PLACE, first_ns=1)
    assert EntryRedactor([RULES], b"salt").clean([entry]) == [entry]


def test_a_client_that_calls_itself_by_a_secret_is_called_by_its_pseudonym():
    link = f"m/rest/{KEY}:0/downstream"
    request, connect, fault = EntryRedactor([RULES], b"salt").clean(
        [
            input_entry(RequestReceived(1, "m", HttpRequest("GET", "/"), KEY), PLACE),
            input_entry(ConnectionAsked(1, "m", "/ws/a", KEY), PLACE),
            FaultEntry(
                **PLACE, rule="r", toxic="loss", market="m", link=link, count=1, runs=((1, 1),)
            ),
        ]
    )
    assert request.client == connect.client != KEY
    assert fault.link == f"m/rest/{request.client}:0/downstream"
