"""Writes the catalogue in docs/reference/faults.md: toxics, failures and presets there are."""

from pathlib import Path

from replayx.cli.fault_catalogue import Catalogue, catalogue

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference" / "faults.md"
MARK = "<!-- From here on written by scripts/make_fault_catalogue.py -->\n"


def tables(found: Catalogue) -> str:
    """Return the catalogue as Markdown."""
    toxics = [
        (f"`{one.type}`", _attributes(one), "; ".join(one.acts_on), one.summary, one.source)
        for one in found.toxics
    ]
    parts = [
        "\n## Toxics\n",
        "Attributes stand with their defaults. `replayx faults show TYPE` tells what each does.\n",
        _table(("type", "attributes", "acts on", "what happens", "source"), toxics),
    ]
    for market, failures in found.failures.items():
        rows = [
            (f"`{one.word}`", str(one.status), str(one.code or ""), one.summary, one.source)
            for one in failures
        ]
        parts += [
            f"\n## Failures of {market}\n",
            "Each is a type of its own: `--fault ip_banned@rest`. All take `is_executed` and"
            " `retry_after`.\n",
            _table(("type", "status", "code", "what it is", "source"), rows),
        ]
    presets = [(f"`{name}`", summary) for name, summary in found.presets.items()]
    parts += ["\n## Presets\n", _table(("preset", "what happens"), presets)]
    return "\n".join(parts)


def _attributes(row) -> str:
    return f"`{row.attribute_words}`" if row.attributes else ""


def _table(head, rows) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(one) for one in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def written(text: str) -> str:
    """Return the page with its catalogue as it is now."""
    return text.partition(MARK)[0] + MARK + tables(catalogue()) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(TARGET.read_text()))
