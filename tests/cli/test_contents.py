import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cli.contents import KINDS, contents
from tests.cassettes import write_small


@pytest.mark.parametrize("finished", [True, False])
def test_everything_is_counted_once(tmp_path, finished):
    passed = []
    with CassetteReader(write_small(tmp_path / "a.rpx", finished=finished)) as reader:
        found = contents(reader, passed.append)
    assert tuple(found.counts) == KINDS
    assert sum(found.counts.values()) == 11 + 9
    assert sum(passed) == sum(row.messages for row in found.channels) == 11
    assert found.is_finished is finished
    assert found.ratio == round(found.payload_bytes / found.file_bytes, 2)
