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
