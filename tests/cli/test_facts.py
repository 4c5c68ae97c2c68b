import sys

import pytest

from replayx.cli.facts import print_json, print_table

TABLE = ("Fruit", ("name", "count"), [("apple", "7"), ("[bold]fig", "1,000")])


def test_a_pipe_gets_aligned_columns(capsys):
    print_table(*TABLE, right=1)
    assert capsys.readouterr().out == (
        "\nFruit\nname       count\napple          7\n[bold]fig  1,000\n"
    )


def test_a_terminal_gets_a_table_and_text_is_no_markup(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table(*TABLE, right=1)
    assert "[bold]fig" in capsys.readouterr().out


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_strangers_wrote_moves_no_cursor(monkeypatch, capsys, is_terminal):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    print_table("", ("name",), [("a\x1b[2J\x9b1A\rb",)])
    out = capsys.readouterr().out
    assert "a [2J 1A b" in out
    assert [one for one in ("\x1b[2J", "\x9b", "\r") if one in out] == []


def test_a_narrow_terminal_loses_nothing(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    url = "wss://stream.test:9443/ws"
    print_table("", ("market", "url", "count"), [("m", url, "1,000")], right=1)
    lines = capsys.readouterr().out.splitlines()
    shown = "".join(line[8:].partition("1,000")[0].strip() for line in lines)
    assert shown.endswith(url)
    assert any(line.endswith("1,000") for line in lines)


def test_no_rows_no_table(capsys):
    print_table("Fruit", ("name",), [])
    assert capsys.readouterr().out == ""


def test_json_is_one_line(capsys):
    print_json({"a": [1, "₮"]})
    assert capsys.readouterr().out == '{"a":[1,"₮"]}\n'
