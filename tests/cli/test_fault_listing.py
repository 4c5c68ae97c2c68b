"""The catalogue as lines: everything is in it, and it fits."""

import pytest

from replayx.cli import fault_listing
from replayx.cli.fault_catalogue import Catalogue, ToxicRow, catalogue
from replayx.cli.fault_listing import line_width, listing


@pytest.mark.parametrize("width", [60, 80, 100])
def test_everything_is_in_it_and_fits(width):
    found = catalogue()
    lines = list(listing(found, width))
    assert max(map(len, lines)) <= width
    heads = [line.split()[0] for line in lines if line[:2] == "  " and line[2:3].strip()]
    failures = [one.word for of in found.failures.values() for one in of]
    names = [one.type for one in found.toxics] + failures + list(found.presets)
    assert sorted(heads) == sorted(names)
    text = " ".join(" ".join(lines).split())
    assert all(f"{one.summary} " in text for one in found.toxics)
    assert all(f"source: {one.source}" in text for one in found.toxics)


def titles(found):
    return [line for line in listing(found, 80) if line and line[0] != " "]


def test_toxics_stand_under_what_they_act_on():
    lines = list(listing(catalogue(), 80))
    places = {line.split()[0]: place for place, line in enumerate(lines) if line.startswith("  ")}
    assert lines.index("Toxics of messages") < places["loss"]
    assert places["loss"] < lines.index("Toxics of requests and answers") < places["http_error"]
    assert places["http_error"] < lines.index("Toxics of whole connections") < places["down"]
    assert places["down"] < lines.index("Toxics of the market on the tape") < places["flash_crash"]
    assert "Other toxics" not in lines


def test_a_toxic_of_no_section_is_shown_all_the_same():
    odd = ToxicRow(
        type="odd", summary="", source="", stage="message", acts_on=("what ...",), attributes=()
    )
    found = Catalogue((odd,), {}, {})
    assert titles(found) == ["Other toxics", "Presets"]
    assert "  odd" in list(listing(found, 80))


@pytest.mark.parametrize(
    ("columns", "width"), [("80", 80), ("300", 100), ("5", 40), (None, fault_listing._WIDTH)]
)
def test_lines_are_as_long_as_the_terminal_and_legible(monkeypatch, columns, width):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    else:  # a pipe
        monkeypatch.setattr(fault_listing, "get_terminal_size", _Size)
    assert line_width() == width


class _Size:
    def __init__(self, otherwise):
        self.columns = otherwise[0]
