import json

import msgspec
import pytest

from replayx.server.run_file import RunFileWriter
from replayx.session.run_entry import EndEntry
from replayx.session.transcript_entry import CloseEntry, FaultEntry
from tests.cli.runs import run
from tests.server.test_run_file import HEADER

END = EndEntry(seq=9, at_ns=0, now_ns=0, sent=0, fault_digest="")
T0 = 1_700_000_000 * 1_000_000_000


def close(at_ns, code=1001):
    return CloseEntry(
        seq=1, at_ns=T0 + at_ns, now_ns=0, connection=1, code=code, reason=""
    )  # fmt: skip


def fault(at_ns, *runs):
    count = sum(1 + last - first for first, last in runs)
    return FaultEntry(seq=1, at_ns=T0 + at_ns, now_ns=0, rule="r", toxic="loss", market="m",
                      link="m/ws/1/downstream", count=count, runs=runs)  # fmt: skip


@pytest.fixture
def pair(tmp_path):
    """Return what writes two run files and compares them."""

    def compare(a, b, *options, header=HEADER):
        paths = [tmp_path / "a.rpt", tmp_path / "b.rpt"]
        for path, entries, head in zip(paths, (a, b), (HEADER, header), strict=True):
            path.unlink(missing_ok=True)
            writer = RunFileWriter(path, head)
            writer.write([*entries, END])
            writer.close()
        return run("diff", *paths, *options)

    return compare


def test_runs_that_are_the_same(pair):
    done = pair([close(5)], [close(5)])
    assert (done.exit_code, done.output) == (0, "the same\n")


def test_the_first_divergence_is_told_in_words(pair):
    done = pair([close(5), fault(9, (1, 2))], [close(5), close(7, 1008)])
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "they part at 2023-11-14 22:13:20.000Z in events: event 2",
        "  a       nothing more",
        "  b       connection 1 was closed with 1008",
        "  before  1 events, the last: connection 1 was closed with 1001",
        "later on they part in",
        "  faults: r (loss) on m/ws/1/downstream; a acted on 1 to 2; b nothing more",
    ]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--tolerance", "4ms"), 1),
        (("--tolerance", "5ms"), 0),
        (("--ignore-times",), 0),
        (("--tolerance", "soon"), 2),
    ],
)
def test_times_may_differ_as_far_as_is_said(pair, options, code):
    assert pair([close(0)], [close(5_000_000)], *options).exit_code == code


def test_how_they_were_made_is_told(pair):
    header = msgspec.structs.replace(HEADER, seed=9)
    done = pair([close(5)], [close(5)], header=header)
    assert (done.exit_code, done.output) == (0, "made differently: seed: 0, 9\nthe same\n")


def test_as_json(pair):
    facts = json.loads(pair([close(5)], [close(5, 1008)], "--json").stdout)
    assert (facts["same"], facts["made"], facts["damage"]) == (False, [], {})
    (one,) = facts["divergences"]
    assert (one["thread"], one["at_ns"]) == ("events", T0 + 5)


def test_many_places_are_not_all_told(pair):
    faults = [msgspec.structs.replace(fault(1, (1, 1)), rule=f"r{k}") for k in range(20)]
    assert pair(faults, []).output.splitlines()[-1] == "  and in 9 more places"


def test_a_file_that_is_not_whole_is_compared_as_far_as_it_goes(pair, tmp_path):
    pair([close(5)], [close(5)])
    path = tmp_path / "a.rpt"
    path.write_bytes(path.read_bytes()[:-3])
    done = run("diff", path, tmp_path / "b.rpt")
    assert "a.rpt: it ends in the middle of a flush" in done.stderr


def test_what_is_no_run_file_is_told(tmp_path):
    path = tmp_path / "x.rpt"
    path.write_bytes(b"hello")
    done = run("diff", path, path)
    assert (done.exit_code, "is no run file" in done.output) == (3, True)
