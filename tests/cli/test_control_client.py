import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from replayx.cli.control_client import ControlClient, NotReached
from replayx.errors import InvalidOption, UpstreamFailure
from replayx.server.control.definitions import Version
from replayx.session.effects import ClockState
from tests.server.control.serving import serving


@pytest.fixture
def stranger():
    """Serve a page that is none of the control API's; gives (base URL, its answers)."""
    answers = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given):
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("url", ["", "http://a", "https://a:1", "a:1", "http://a:x", "http://[:1"])
def test_what_is_no_url(url):
    with pytest.raises(InvalidOption, match="--url"):
        ControlClient(url, "", "")


def test_no_proxy_is_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving() as url:
        assert ControlClient(url, "", "").get("/version", Version).version


def test_a_run_that_is_not_reached(monkeypatch):
    with serving() as url:
        client = ControlClient(url, "", "mine")
        clock = client.send("POST", "/clock/seek", ClockState, {"to": "5s"})
        assert client.get("/clock", ClockState) == clock
        with pytest.raises(InvalidOption, match="to: 'x'"):
            client.send("POST", "/clock/seek", ClockState, {"to": "x"})


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>", UpstreamFailure),
        (404, b"<html>", UpstreamFailure),
        (200, b'{"other": 1}', UpstreamFailure),
        (408, b'{"status": 408, "error": "not reached"}', NotReached),
        (503, b'{"status": 503, "error": "failed"}', UpstreamFailure),
    ],
)
def test_what_else_may_answer(stranger, status, body, error):
    url, answers = stranger
    answers.append((status, body))
    with pytest.raises(error):
        ControlClient(url, "", "").get("/version", Version)
