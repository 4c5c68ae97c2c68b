import pytest

from replayx.session.pseudonym_pairs import PseudonymPairs
from replayx.session.transcript_entry import AcceptEntry, Body, ConnectEntry, MessageEntry

PLACE = {"seq": 0, "at_ns": 0, "now_ns": 0}
A, B, C = "a1" * 10, "b2" * 10, "c3" * 10


def asked(target):
    return ConnectEntry(**PLACE, connection=1, market="m", target=target)


def said(text="", base64=b""):
    return MessageEntry(**PLACE, connection=1, payload=Body(20, text=text, base64=base64))


@pytest.mark.parametrize(
    ("pairs", "are_same"),
    [
        ([(asked(f"/ws/{A}"), asked(f"/ws/{B}")), (said(A), said(B))], True),
        ([(asked(f"/ws/{A}"), asked(f"/ws/{B}")), (said(A), said(C))], False),
        ([(asked(f"/ws/{A}"), asked(f"/ws/{B}")), (said(C), said(B))], False),
        ([(asked(f"/ws/{A}"), asked(f"/ws/{A}")), (said(A), said(A))], True),
        ([(asked(f"/x/{A}"), asked(f"/y/{B}"))], False),
        ([(asked("/ws/btc"), asked("/ws/eth"))], False),
        ([(said(A), said(f"{B}b"))], False),
        ([(said("1" * 20), said("2" * 20))], False),
        ([(said(base64=b"\xff" * 20), said(base64=b"\xfe" * 20))], False),
        ([(AcceptEntry(**PLACE, connection=1), AcceptEntry(**PLACE, connection=2))], False),
    ],
)
def test_words_stand_for_each_other_one_to_one(pairs, are_same):
    known = PseudonymPairs()
    assert [known.are_same(*pair) for pair in pairs][-1] is are_same


def test_what_differs_pairs_nothing():
    known = PseudonymPairs()
    assert not known.are_same(said(f"{A} x"), said(f"{B} y"))
    assert known.are_same(said(A), said(C))
