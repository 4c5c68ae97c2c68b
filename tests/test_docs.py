"""What a user can say or see is documented."""

import re
from pathlib import Path

import click
import pytest

from replayx.cassette.ndjson import CaptureLine
from replayx.cassette.records import Header, RecordKind
from replayx.cli.main import VERBS, group
from replayx.errors import ExitCode

REPOSITORY = Path(__file__).resolve().parents[1]
REFERENCE = REPOSITORY / "docs" / "reference"


def sections():
    """Return the text of each verb's section in cli.md."""
    parts = re.split(r"^## (\S+)$", (REFERENCE / "cli.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(verb):
    command = group.get_command(click.Context(group), verb)
    assert command is not None
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }


def test_every_verb_has_its_section():
    assert list(sections()) == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_documented_and_none_that_is_not_there(verb):
    rows = re.findall(r"^\| (`-.*?) \|", sections()[verb], flags=re.MULTILINE)
    written = {name for row in rows for name in re.findall(r"`(--?[a-z][\w-]*)`", row)}
    assert written == options(verb)


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code):
    text = (REFERENCE / "exit-codes.md").read_text()
    assert f"| {code.value} | {code.name} |" in text


@pytest.mark.parametrize("field", CaptureLine.__struct_fields__)
def test_every_field_of_a_line_is_documented(field):
    assert f"`{field}`" in (REFERENCE / "ndjson.md").read_text()


def test_every_record_and_field_of_the_header_is_specified():
    text = (REPOSITORY / "cassettes" / "FORMAT.md").read_text()
    assert all(f"| {field} |" in text for field in Header.__struct_fields__)
    assert all(f"| {kind.value} |" in text for kind in RecordKind)


def test_links_inside_the_documentation_lead_somewhere():
    lost = []
    for page in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                lost.append(f"{page.relative_to(REPOSITORY)}: {target}")
    assert lost == []
