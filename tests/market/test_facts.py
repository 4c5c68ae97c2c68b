from replayx.limits import HISTORY_ANSWERS_MAX
from replayx.market.codec import Fact
from replayx.market.events import BookTop, FeedKind, MarketFeed
from replayx.market.facts import Facts

TOPS = MarketFeed(FeedKind.BOOK_TOP, "X")


def facts(*rows, feed=TOPS, reads=None):
    def fact(at_ns, is_error):
        def read():
            if reads is not None:
                reads.append(at_ns)
            return [] if is_error else [BookTop(feed.symbol, at_ns, "1", "1", "2", "1")]

        return Fact(at_ns, feed, read)

    return [fact(*row) for row in rows]


def test_the_latest_that_told_something():
    reads = []
    made = Facts(facts((30, True), (10, False), (20, False), reads=reads))
    assert made.latest(TOPS, 9) is None
    assert [made.latest(TOPS, at)[0] for at in (10, 19, 20, 30, 99)] == [10, 10, 20, 20, 20]
    assert sorted(reads) == [10, 20, 30], "each is read once, and only when it is needed"
    assert made.first(TOPS)[0] == 10
    assert made.latest(MarketFeed(FeedKind.TICKER, "X"), 99) is None


def test_errors_tell_of_no_symbol():
    unknown = MarketFeed(FeedKind.BOOK_TOP, "NOSUCH")
    made = Facts([*facts((1, True), feed=unknown), *facts((1, True), (2, False))])
    assert made.symbols() == ["X"]
    assert made.feeds_of(FeedKind.BOOK_TOP, "X") == [TOPS]


def test_snapshots_of_all_depths_are_in_order():
    shallow, deep = (MarketFeed(FeedKind.BOOK_SNAPSHOT, "X", levels=n) for n in (5, 1000))
    made = Facts([*facts((1, False), (5, False), feed=shallow), *facts((3, False), feed=deep)])
    assert [(one.at_ns, one.feed.levels) for one in made.snapshots("X")] == [
        (1, 5), (3, 1000), (5, 5)]  # fmt: skip
    assert made.snapshots("Y") == []


def test_of_very_many_answers_some_are_read_the_first_and_last_among_them():
    reads = []
    count = 10 * HISTORY_ANSWERS_MAX
    made = Facts(facts(*((at, False) for at in range(count)), reads=reads))
    told = made.history(TOPS)
    assert (len(told), told[0][0], told[-1][0]) == (HISTORY_ANSWERS_MAX, 0, count - 1)
    assert len(reads) == HISTORY_ANSWERS_MAX
    assert len(made.history(MarketFeed(FeedKind.TICKER, "X"))) == 0


def test_a_page_that_was_asked_for_once_is_read_among_thousands_of_others():
    polled = [
        fact._replace(asked="last 10") for fact in facts(*((at, False) for at in range(5000)))
    ]
    page = facts((2500, False))[0]._replace(asked="the page before")
    told = Facts([*polled, page]).history(TOPS)
    assert len(told) <= HISTORY_ANSWERS_MAX
    assert 2500 in [at_ns for at_ns, _ in told]
