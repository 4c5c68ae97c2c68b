"""Attributes as people write them, read and written back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.attributes import (
    Duration,
    Rate,
    Ratio,
    Size,
    read_attribute,
    write_attribute,
)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    delay: Duration = Duration(0)
    size: Size = Size(0)
    rate: Rate = Rate(0)
    share: Ratio = Ratio(0)


def read(**written):
    return msgspec.convert(written, Sample, dec_hook=read_attribute)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ({"delay": "50ms"}, 50_000_000),
        ({"delay": "1m30s"}, 90_000_000_000),
        ({"delay": "0s"}, 0),
        ({"delay": "0.5us"}, 500),
        ({"size": 1500}, 1500),
        ({"size": "64KiB"}, 65_536),
        ({"rate": "10KB/s"}, 10_000),
        ({"rate": "10KB"}, 10_000),
        ({"rate": 300}, 300),
        ({"share": "10%"}, 0.1),
        ({"share": 0.25}, 0.25),
        ({"share": "0.25"}, 0.25),
        ({"share": 1}, 1.0),
        ({"share": ".5 %"}, 0.005),
    ],
)
def test_what_is_written_is_read(written, read_as):
    (name,) = written
    assert getattr(read(**written), name) == read_as


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"delay": 50}, "text with a unit"),
        ({"delay": "50"}, "the duration '50'; expected one such as"),
        ({"delay": "50 parsecs"}, "the duration"),
        ({"delay": "-5ms"}, "the duration"),
        ({"delay": "366d"}, "at most 365d"),
        ({"size": -1}, "the size"),
        ({"size": True}, "the size True"),
        ({"size": "2TB"}, "at most 1TB"),
        ({"size": "10KB/s"}, "the size"),
        ({"rate": "ten"}, "the size 'ten'"),
        ({"share": "110%"}, "0 to 1"),
        ({"share": 1.01}, "0 to 1"),
        ({"share": "nan"}, "the share 'nan'"),
        ({"share": float("nan")}, "the share nan"),
        ({"share": True}, "the share True"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(written, complaint):
    with pytest.raises(msgspec.ValidationError) as refused:
        read(**written)
    assert complaint in str(refused.value)
    assert f"$.{next(iter(written))}" in str(refused.value)


whole = st.integers(0, 10**12)


@given(delay=whole, size=whole, rate=whole, share=st.floats(0, 1))
def test_what_is_written_out_reads_back(delay, size, rate, share):
    sample = Sample(delay=Duration(delay), size=Size(size), rate=Rate(rate), share=Ratio(share))
    document = msgspec.to_builtins(sample, enc_hook=write_attribute)
    assert msgspec.convert(document, Sample, dec_hook=read_attribute) == sample
    assert all(type(value) in (str, float) for value in document.values())


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        (Duration(90_000_000_000), "90s"),
        (Duration(1_500_000), "1500us"),
        (Duration(0), "0s"),
        (Size(65_536), "64KiB"),
        (Size(10_000), "10KB"),
        (Size(5 << 20), "5MiB"),
        (Size(2_000_000), "2MB"),
        (Size(7), "7"),
        (Rate(10_000), "10KB/s"),
        (Rate(7), "7B/s"),
    ],
)
def test_units_are_the_largest_that_fit(attribute, text):
    assert attribute.text == text


def test_other_types_are_nobodys():
    with pytest.raises(NotImplementedError):
        read_attribute(complex, 1)
    with pytest.raises(NotImplementedError):
        write_attribute(complex(1))
