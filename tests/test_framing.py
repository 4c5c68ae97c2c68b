import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.framing import BINARY, PING, TEXT, frame, frame_header, header_bytes, split_frames


@pytest.mark.parametrize(
    ("length", "header"),
    [
        # RFC 6455, 5.2 and 5.7
        (0, "81 00"),
        (125, "81 7d"),
        (126, "81 7e 00 7e"),
        (256, "81 7e 01 00"),
        (65535, "81 7e ff ff"),
        (65536, "81 7f 00 00 00 00 00 01 00 00"),
    ],
)
def test_header_of_each_length_form(length, header):
    assert frame_header(length) == bytes.fromhex(header)
    assert header_bytes(bytes.fromhex(header)[1]) == len(bytes.fromhex(header))


def test_hello_of_the_rfc():
    assert frame(b"Hello") == bytes.fromhex("81 05 48 65 6c 6c 6f")


def test_opcodes():
    assert frame(b"", PING)[0] == 0x89
    assert frame(b"", BINARY)[0] == 0x82


@given(st.lists(st.tuples(st.sampled_from([TEXT, BINARY]), st.binary(max_size=300))))
def test_frames_split_into_what_they_were_made_of(messages):
    data = b"".join(frame(payload, opcode) for opcode, payload in messages)
    assert [(opcode, bytes(view)) for opcode, view in split_frames(data)] == messages


def test_frames_that_are_not_whole_are_our_bug():
    with pytest.raises(AssertionError):
        list(split_frames(frame(b"Hello")[:-1]))
