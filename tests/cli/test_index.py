from replayx.cassette.reader import CassetteReader
from replayx.errors import ExitCode
from tests.cli.runs import flip, lines, run
from tests.tapes import channel, sealed, write_cassette

START = 1_700_000_000_000_000_000


def trade(number):
    text = '{"e":"trade","E":%d,"s":"BTCUSDT","t":%d,"p":"1.50","q":"0.1","T":%d,"m":true,"M":true}'
    return (text % (START // 10**6, number, START // 10**6)).encode()


def cassette(path, first=1):
    channels = [channel(0, "btcusdt@trade", market="binance-spot")]
    rows = [(START + first + k, 0, trade(first + k)) for k in range(5)]
    return write_cassette(path, channels, [sealed(rows)], markets=["binance-spot"])


def test_an_index_is_made_once(tmp_path):
    path = cassette(tmp_path / "a.rpx")
    (made,) = lines(run("index", path, "--json"))
    assert made["path"] == str(tmp_path / "a.rpx.binance-spot.market")
    assert (made["is_new"], made["symbols"], made["frame_count"]) == (True, ["BTCUSDT"], 5)
    (found,) = lines(run("index", path, "--json"))
    assert found == {**made, "is_new": False}
    assert "up to date" in run("index", path).stdout


def test_cassettes_are_one_tape(tmp_path):
    parts = [cassette(tmp_path / "a.rpx"), cassette(tmp_path / "b.rpx", first=6)]
    (made,) = lines(run("index", *parts, "--json"))
    assert made["path"].endswith("a.rpx.binance-spot+1.market")
    assert made["frame_count"] == 10


def test_a_damaged_index_is_made_again(tmp_path):
    path = cassette(tmp_path / "a.rpx")
    (made,) = lines(run("index", path, "--json"))
    flip(tmp_path / "a.rpx.binance-spot.market", 60)
    done = run("index", path)
    assert "made" in done.stdout
    assert "warning: the market's index is made again" in done.stderr
    assert lines(run("index", path, "--json")) == [{**made, "is_new": False}]


def test_what_cannot_be_indexed(tmp_path):
    path = cassette(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        path.write_bytes(path.read_bytes()[: reader.data_end])
    done = run("index", path)
    assert done.exit_code == ExitCode.BAD_INPUT
    assert "not finished" in done.stderr
    assert run("index", tmp_path / "missing.rpx").exit_code == ExitCode.BAD_INPUT
