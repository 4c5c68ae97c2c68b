"""What a driver told, judged: did its client notice, raise, come back, and was it right?"""

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

ALIVE_S = 2.5  # who told nothing for so long at the end is not back
PAUSE_S = 1.5  # silences up to this are the market's own
SLOW_S = 2.0  # an answer that took longer is told

Event = dict
Levels = tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]


class Truth(NamedTuple):
    """What the tape says: prices by trade id; best levels by update id, in the order of ids."""

    prices: dict[int, float]
    books: dict[int, Levels]


class Span(NamedTuple):
    """From when the fault was in force, until when, and when the run ended."""

    began_s: float
    lifted_s: float
    ended_s: float


class Verdict(NamedTuple):
    """A cell of the table: in words, and the facts behind them."""

    outcome: str
    facts: dict[str, object]


def judge(task: str, events: list[Event], span: Span, truth: Truth) -> Verdict:
    """Judge a run. A truth of one book alone is the last one's: the tape was changed."""
    judges = {"trades": _trades, "book": _book, "rest": _rest}
    return judges[task](events, span, truth)


def _errors(events: list[Event], span: Span) -> dict[str, int]:
    told = (one for one in events if one["event"] == "error" and one["t"] >= span.began_s)
    return dict(Counter(one["name"] for one in told))


def _texts(events: list[Event], span: Span) -> dict[str, str]:
    """Return the first text of each kind of error."""
    found: dict[str, str] = {}
    for one in events:
        if one["event"] == "error" and one["t"] >= span.began_s:
            found.setdefault(one["name"], one["text"])
    return found


def _silence(times: list[float], span: Span) -> float:
    """Return the longest time without anything, from just before the fault to the end."""
    before = [at for at in times if at < span.began_s][-1:]
    marks = [*before, *(at for at in times if at >= span.began_s), span.ended_s]
    return max((b - a for a, b in pairwise(marks)), default=0.0)


def _is_alive(times: list[float], span: Span) -> bool:
    return bool(times) and span.ended_s - times[-1] < ALIVE_S


def _raises(errors: dict[str, int]) -> str:
    return "raises " + ", ".join(f"`{name}`" for name in errors) if errors else ""


def _gone(errors: dict[str, int], events: list[Event], span: Span) -> str:
    """Say how a client that did not come back is gone."""
    if errors:
        return f"**stays down**, {_raises(errors)}"
    return (
        "**stays down**, tells only that it closed"
        if _closed(events, span)
        else "**hangs silently**"
    )


def _closed(events: list[Event], span: Span) -> bool:
    """Say whether the client told its user that a connection ended, without an error."""
    return any(one["event"] == "closed" and one["t"] >= span.began_s for one in events)


def _silent(silence: float, *, noticed: bool) -> str:
    if noticed:
        return f"back after {silence:.1f} s"
    return f"**{silence:.1f} s of silence unnoticed**"


def _trades(events: list[Event], span: Span, truth: Truth) -> Verdict:
    trades = [one for one in events if one["event"] == "trade"]
    ids, times = [one["id"] for one in trades], [one["t"] for one in trades]
    seen = set(ids)
    lost = max(ids) - min(ids) + 1 - len(seen) if ids else 0
    repeated = len(ids) - len(seen)
    disordered = sum(b < a for a, b in pairwise(ids))
    wrong = sum(truth is not None and truth.prices.get(one["id"]) != one["price"] for one in trades)
    errors, silence = _errors(events, span), _silence(times, span)
    facts = {
        "errors": errors,
        "texts": _texts(events, span),
        "lost": lost,
        "repeated": repeated,
        "disordered": disordered,
        "wrong": wrong,
        "silence_s": round(silence, 2),
        "alive": _is_alive(times, span),
    }
    if not _is_alive(times, span):
        return Verdict(_gone(errors, events, span), facts)
    noticed = bool(errors) or _closed(events, span)
    parts = [_silent(silence, noticed=noticed) if silence > PAUSE_S or (noticed and lost) else ""]
    if lost:
        parts.append(f"{lost} lost" if noticed else f"**{lost} lost silently**")
    parts += [f"{wrong} wrong"] if wrong else []
    parts += [f"{repeated} repeated"] if repeated else []
    parts.append(_raises(errors))
    return Verdict(", ".join(filter(None, parts)) or "survives", facts)


def _sides(event: Event) -> Levels:
    bids, asks = (tuple((p, q) for p, q in event[side]) for side in ("bids", "asks"))
    return bids, asks


def _wrong_s(books: list[Event], span: Span, truth: Truth) -> float:
    """Return for how long the book that was shown was not the venue's at that update id."""
    total = 0.0
    for one, after in zip(books, [*books[1:], None], strict=True):
        until = after["t"] if after else span.ended_s
        shown = _sides(one)
        known = truth.books.get(one["last"])
        # Clients show fewer levels than there are: what they show has to be the best.
        is_right = known is not None and all(
            mine == theirs[: len(mine)] for mine, theirs in zip(shown, known, strict=True)
        )
        total += 0 if is_right and all(shown) else until - one["t"]
    return total


def _book(events: list[Event], span: Span, truth: Truth) -> Verdict:
    books = [one for one in events if one["event"] == "book"]
    times = [one["t"] for one in books]
    errors, silence = _errors(events, span), _silence(times, span)
    crossed = sum(
        bool(bids and asks) and bids[0][0] >= asks[0][0] for bids, asks in map(_sides, books)
    )
    wrong_s = _wrong_s(books, span, truth) if len(truth.books) > 1 else 0.0
    best = [one["bids"][0][0] for one in books if one["bids"]]
    stale = sum(one["event"] == "old snapshot" for one in events)
    facts = {
        "errors": errors,
        "texts": _texts(events, span),
        "crossed": crossed,
        "wrong_s": round(wrong_s, 2),
        "silence_s": round(silence, 2),
        "old_snapshots": stale,
        "alive": _is_alive(times, span),
        "right_at_the_end": bool(books) and not _wrong_s(books[-1:], span, truth),
        "lowest": round(min(best) / best[0], 3) if best else None,
    }
    if not _is_alive(times, span):
        return Verdict(_gone(errors, events, span), facts)
    parts = [_silent(silence, noticed=bool(errors)) if silence > PAUSE_S else ""]
    if wrong_s >= 0.05:
        parts.append(f"**wrong book for {wrong_s:.1f} s**{'' if errors else ', silently'}")
    parts += [f"crossed {crossed} times"] if crossed else []
    parts += [] if facts["right_at_the_end"] else ["still wrong at the end"]
    parts.append(_raises(errors))
    return Verdict(", ".join(filter(None, parts)) or "survives", facts)


def _rest(events: list[Event], span: Span, truth: Truth) -> Verdict:
    del truth
    answers = [one for one in events if one["event"] == "answer"]
    asked = [one for one in events if one["event"] in ("answer", "asked")]
    errors = _errors(events, span)
    longest = max((one["took"] for one in asked if one["t"] >= span.began_s), default=0.0)
    back = next((one["t"] for one in answers if one["t"] >= span.lifted_s), None)
    facts = {
        "errors": errors,
        "texts": _texts(events, span),
        "longest_s": round(longest, 2),
        "answers": sum(one["t"] >= span.began_s for one in answers),
        "back_s": None if back is None else round(back - span.lifted_s, 2),
        "alive": back is not None,
    }
    if back is None:
        return Verdict(_gone(errors, events, span), facts)
    parts = [_raises(errors), f"waits up to {longest:.1f} s" if longest > SLOW_S else ""]
    return Verdict(", ".join(filter(None, parts)) or "survives", facts)
