"""The catalogue of faults as lines that fit a terminal: toxics by what they act on."""

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap
from types import MappingProxyType

from replayx.cli.fault_catalogue import Catalogue, FailureRow, ToxicRow

# In a pipe, and at most: longer lines are hard to read.
_WIDTH = 100
# Narrower than this nothing is legible; the terminal may break the lines itself.
_WIDTH_MIN = 40
_INDENT = "    "

# What toxics act on, by the words that `acts_on` begins with, in the order of the sections.
_SECTIONS = MappingProxyType(
    {
        frozenset({"messages", "requests"}): "Toxics of messages, and of answers",
        frozenset({"messages"}): "Toxics of messages",
        frozenset({"requests"}): "Toxics of requests and answers",
        frozenset({"requests", "handshakes"}): "Toxics of requests and handshakes",
        frozenset({"handshakes"}): "Toxics of handshakes",
        frozenset({"whole"}): "Toxics of whole connections",
        frozenset({"the"}): "Toxics of the market on the tape",
    }
)
_OTHERS = "Other toxics"


def listing(found: Catalogue, width: int) -> Iterator[str]:
    """Yield the lines of a catalogue, none longer than `width` if its words are not.

    Every line but titles and empty ones is indented.
    """
    for title, toxics in _sections(found.toxics).items():
        yield from ("", title)
        for toxic in toxics:
            yield from _toxic_lines(toxic, width)
    for market, failures in found.failures.items():
        yield from ("", f"Failures of {market}: each a type of its own")
        longest = max((len(one.word) for one in failures), default=0)
        heads = [f"{one.word:<{longest}}  {one.status} {one.code or '-':>5}" for one in failures]
        yield from _list_lines(heads, map(_failure_words, failures), width)
    yield from ("", "Presets")
    yield from _list_lines(list(found.presets), found.presets.values(), width)


def line_width() -> int:
    """Return how long lines may be where they are printed."""
    columns = get_terminal_size((_WIDTH, 0)).columns
    return max(_WIDTH_MIN, min(columns, _WIDTH))


def _sections(toxics: tuple[ToxicRow, ...]) -> dict[str, list[ToxicRow]]:
    sections: dict[str, list[ToxicRow]] = {title: [] for title in (*_SECTIONS.values(), _OTHERS)}
    for toxic in toxics:
        kinds = frozenset(words.partition(" ")[0] for words in toxic.acts_on)
        sections[_SECTIONS.get(kinds, _OTHERS)].append(toxic)
    return {title: members for title, members in sections.items() if members}


def _toxic_lines(toxic: ToxicRow, width: int) -> Iterator[str]:
    attributes = toxic.attribute_words if toxic.attributes else ""
    yield from _wrapped(attributes, width, f"  {toxic.type}  ", " " * 8)
    yield from _wrapped(toxic.summary, width, _INDENT)
    details = []
    if any("(" in words for words in toxic.acts_on):  # the title says the others
        details.append(f"on {', '.join(toxic.acts_on)}")
    if toxic.source:
        details.append(f"source: {toxic.source}")
    if details:
        yield from _wrapped("; ".join(details), width, _INDENT)


def _failure_words(failure: FailureRow) -> str:
    return f"{failure.summary} [{failure.source}]"


def _list_lines(heads: Sequence[str], texts: Iterable[str], width: int) -> Iterator[str]:
    """Yield texts beside their heads, as two columns."""
    column = max(map(len, heads), default=0)
    for head, text in zip(heads, texts, strict=True):
        yield from _wrapped(text, width, f"  {head:<{column}}  ", " " * min(column + 4, width // 2))


def _wrapped(text: str, width: int, first: str, further: str = "") -> Iterator[str]:
    """Yield a text in lines, which begin with `first` and then with `further`."""
    lines = wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=further or first,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from lines or (first.rstrip(),)
