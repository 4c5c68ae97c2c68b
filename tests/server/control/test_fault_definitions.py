import msgspec
import pytest

from replayx.server.control.fault_definitions import PlanDocument, ToxicDocument


def test_a_toxics_attributes_stand_beside_its_type():
    one = msgspec.convert({"type": "latency", "delay": "50ms"}, ToxicDocument)
    assert one.type == "latency"


@pytest.mark.parametrize(
    "document", [{"seed": -1}, {"seed": "7"}, {"toxics": []}, {"toxic": [{"name": "no type"}]}]
)
def test_what_is_no_plan(document):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, PlanDocument)


@pytest.mark.parametrize("number", [429, -1021])
def test_a_failures_number_is_a_type(number):
    assert msgspec.convert({"type": number}, ToxicDocument).type == number


@pytest.mark.parametrize("word", ["", 1.5, True, 10**6, None])
def test_what_is_no_type(word):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": word}, ToxicDocument)
