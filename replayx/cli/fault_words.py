"""Rules in words, for people to read."""

from replayx.faults.attributes import Duration
from replayx.faults.rule import Rule
from replayx.faults.rule_reader import WHERE_KEYS, written_rule
from replayx.quantities import duration_text


def attribute_words(rule: Rule) -> str:
    """Return the attributes that are not as always: `delay=50ms jitter=10ms`."""
    kept = ("type", "name", "where", "when")
    return " ".join(
        f"{key}={_value(v)}" for key, v in written_rule(rule).items() if key not in kept
    )


def where_words(rule: Rule) -> str:
    """Return where a rule acts: `ws BTCUSDT upstream`; `everywhere`."""
    where = rule.where
    words = []
    for key in WHERE_KEYS:
        value = getattr(where, key)
        if not value or (key, value) == ("direction", "downstream"):
            continue
        words.append(f"{key} {value}" if key in ("connection", "client") else str(value))
    return " ".join(words) or "everywhere"


def when_words(rule: Rule) -> str:
    """Return when a rule acts: `from 10s for 5s, every 7th, at most 3 times`; `always`."""
    when = rule.when
    window = [
        f"{word} {Duration(value).text}"
        for word, value in (("from", when.from_ns), ("until", when.until_ns))
        if value
    ]
    if when.after_ns:
        window.append(f"{Duration(when.after_ns).text} after a connection began")
    if when.price:
        window.append(f"once {when.price}")
    if when.for_ns is not None:
        window.append(f"for {Duration(when.for_ns).text}")
    words = [" ".join(window)] if window else []
    if when.nth:
        words.append(f"number {' '.join(map(str, when.nth))}")
    if when.every > 1:
        words.append(f"every {_ordinal(when.every)}")
    if when.first is not None:
        words.append(f"of the first {when.first}")
    if when.probability < 1:
        words.append(f"{when.probability * 100:g}% of them")
    if when.times is not None:
        words.append(f"at most {when.times} times")
    return ", ".join(words) or "always"


def span_words(begins_ns: int | None, ends_ns: int | None) -> str:
    """Return a window of the tape: `10s - 40s`; `never`."""
    if begins_ns is None:
        return "never"
    ends = "end" if ends_ns is None else duration_text(ends_ns)
    return f"{duration_text(begins_ns)} - {ends}"


def narrow_bar(bar: str) -> str:
    """Return a timeline half as long: each sign is the stronger of two."""
    pairs = (bar[place : place + 2] for place in range(0, len(bar), 2))
    return "".join(next((sign for sign in "#-" if sign in pair), " ") for pair in pairs)


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    is_teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if is_teen else endings.get(number % 10, 'th')}"


def _value(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
