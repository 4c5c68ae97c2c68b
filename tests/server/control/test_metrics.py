import re
from pathlib import Path

import msgspec

from replayx import __version__
from replayx.server.control.metrics import Metric, exposition, metrics
from replayx.session.inputs import ConnectionAsked, RequestReceived
from replayx.venues.venue import HttpRequest
from tests.server.control.fake_run import FakeRun

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "control.md"

# prometheus.io, "Exposition formats": the lines of the text format.
SAMPLE = re.compile(
    r"[a-z_]+(\{[a-z_]+=\"([^\"\\\n]|\\.)*\"(,[a-z_]+=\"([^\"\\\n]|\\.)*\")*\})? \S+"
)
COMMENT = re.compile(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge))")


def text(run):
    return exposition(run).decode()


def test_every_line_is_of_the_format():
    run = FakeRun()
    run.make_timeline("b")
    seen = run.timelines[""].transcript
    seen.given(RequestReceived(1, "fake", HttpRequest("GET", "/")), 0, 0)
    seen.given(ConnectionAsked(2, "fake", "/s/a"), 0, 0)
    told = text(run)
    assert told.endswith("\n")
    for line in told.splitlines():
        assert (COMMENT if line.startswith("#") else SAMPLE).fullmatch(line), line
    assert 'replayx_requests_total{timeline="",market="fake"} 1' in told
    assert 'replayx_connections_total{timeline="",market="fake"} 1' in told
    assert 'replayx_paused{timeline="b"} 0' in told


def test_times_are_seconds_to_the_nanosecond():
    run = FakeRun()
    timeline = run.timelines[""]
    timeline.told = msgspec.structs.replace(
        timeline.told, position_ns=1_700_000_000_000_000_005, speed="1/2", delivered=9
    )
    told = text(run)
    assert 'replayx_tape_position_seconds{timeline=""} 1700000000.000000005\n' in told
    assert 'replayx_speed_ratio{timeline=""} 0.5\n' in told
    assert 'replayx_played_messages_total{timeline=""} 9\n' in told
    assert "replayx_cut_off_total 3\n" in told
    assert f'replayx_info{{version="{__version__}"}} 1\n' in told


def test_full_speed_is_infinite():
    run = FakeRun()
    timeline = run.timelines[""]
    timeline.told = msgspec.structs.replace(timeline.told, speed="max")
    assert 'replayx_speed_ratio{timeline=""} +Inf\n' in text(run)


def test_labels_are_escaped():
    metric = Metric("a", "gauge", "b", (({"c": 'd"\\\n'}, 1),))
    assert list(metric.lines())[2] == 'a{c="d\\"\\\\\\n"} 1'


def test_every_metric_is_documented():
    page = REFERENCE.read_text()
    for metric in metrics(FakeRun()):
        assert f"| `{metric.name}` | {metric.type} |" in page
        assert (metric.type == "counter") == metric.name.endswith("_total")
