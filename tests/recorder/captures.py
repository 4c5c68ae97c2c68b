"""Captures as lists of lines, for tests of import and export."""

import msgspec

from replayx.recorder.capture_file import line_sink, read_lines


def write_capture(path, lines):
    """Write a capture and return its path."""
    with line_sink(path) as sink:
        for line in lines:
            sink.write(msgspec.json.encode(line) + b"\n")
    return path


def read_capture(path):
    """Return a capture's lines as dicts, in the order of the file."""
    return [msgspec.json.decode(line) for _, line in read_lines(path)]


def by_time(lines):
    """Return lines as an import puts them: those without a time first."""
    return sorted(lines, key=lambda line: -1 if line["t"] is None else line["t"])


def kept(line):
    """Return what an export must give back of a line: without notes and empty lists."""
    return {key: value for key, value in line.items() if key != "note" and value != []}


def message(t, raw, *, conn="c0", url="wss://ws.nobody.test/x", **more):
    """Return a message from the venue."""
    return {"t": t, "src": "ws", "ev": "msg", "conn": conn, "url": url, **more, "raw": raw}


def request(t, url, raw="{}", **more):
    """Return a request with its answer."""
    return {"t": t, "src": "rest", "method": "GET", "url": url, **more, "raw": raw}
