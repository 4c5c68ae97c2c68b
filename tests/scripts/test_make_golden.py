"""Golden cassettes: whatever writes them later, these bytes must always say this."""

import json

import pytest

from replayx.cassette.recovery import repair, verify
from scripts import make_golden
from scripts.make_golden import FOLDER, as_text, view

NAMES = ["golden-finished", "golden-unfinished", "golden-damaged"]


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_say_what_the_view_says(name):
    path = FOLDER / f"{name}.rpx"
    expected = path.with_suffix(".json").read_text()
    assert as_text(view(path)) == expected
    assert json.loads(expected)["chunks"]


def test_no_golden_cassette_is_without_its_test():
    assert sorted(path.stem for path in FOLDER.glob("golden-*.rpx")) == sorted(NAMES)


@pytest.mark.parametrize(
    ("name", "finished", "damaged"),
    [
        ("golden-finished", True, False),
        ("golden-unfinished", False, False),
        ("golden-damaged", True, True),
    ],
)
def test_verify_and_repair(tmp_path, name, finished, damaged):
    path = FOLDER / f"{name}.rpx"
    before = path.read_bytes()
    report = verify(path)
    assert (report.is_finished, report.is_damaged) == (finished, damaged)
    repaired = repair(path, tmp_path / "new.rpx")
    assert repaired.lost_frame_count == (5 if damaged else 0)
    assert not verify(tmp_path / "new.rpx").is_damaged
    assert path.read_bytes() == before


def test_the_script_makes_the_same_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_golden, "FOLDER", tmp_path)
    make_golden.main()
    for name in NAMES:
        assert (tmp_path / f"{name}.json").read_text() == (FOLDER / f"{name}.json").read_text()
    capsys.readouterr()
    make_golden.main()
    assert capsys.readouterr().out == ""
