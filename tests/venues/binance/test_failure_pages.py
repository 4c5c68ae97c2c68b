"""Pages of what stands before the API."""

import pytest

from replayx.venues.binance.failure_pages import blocked, nginx_page, unreachable_origin


def test_the_page_of_nginx_is_as_long_as_the_one_that_was_seen():
    page = nginx_page(410, "Gone")
    assert len(page.body) == 136  # seen 2026-02
    assert b"<title>410 Gone</title>" in page.body
    assert page.headers == (("Server", "nginx"), ("Content-Type", "text/html"))


@pytest.mark.parametrize(
    ("page", "status", "text"),
    [(blocked(), 403, b"Request blocked."), (unreachable_origin(), 503, b"503 ERROR")],
)
def test_pages_of_the_content_network(page, status, text):
    assert page.status == status
    assert b"The request could not be satisfied" in page.body
    assert text in page.body
    headers = {name.lower(): value for name, value in page.headers}
    assert headers["server"] == "CloudFront"
    assert headers["x-cache"] == "Error from cloudfront"
    assert headers["content-type"] == "text/html"
    assert headers["x-amz-cf-id"].encode() in page.body
