from replayx.server.numbering import Numbering


def test_numbers_count_from_one():
    numbering = Numbering()
    assert [numbering.next() for _ in range(3)] == [1, 2, 3]
    assert numbering.open_count == 0
