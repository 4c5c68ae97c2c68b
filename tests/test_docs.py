"""What a user can say or see is documented."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from replayx.cassette.ndjson import CaptureLine
from replayx.cassette.records import Header, RecordKind
from replayx.cli.main import VERBS, group
from replayx.errors import ExitCode
from replayx.faults.plan_text import parse_plan
from replayx.faults.shorthand import parse_fault
from replayx.ratelimit.limits_document import limits_from_document
from replayx.venues.registry import load_venue, venue_names

REPOSITORY = Path(__file__).resolve().parents[1]
REFERENCE = REPOSITORY / "docs" / "reference"
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
VENUES = {name: load_venue(name) for name in venue_names()}


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
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                lost.append(f"{page.relative_to(REPOSITORY)}: {target}")
    assert lost == []


# ---- what stands there to be typed


def blocks(page, *languages):
    """Return the blocks of code of a page, in these languages."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [text for language, text in fenced if language in languages]


def commands(page):
    """Yield the words of every `replayx` command that a page tells to type."""
    for block in blocks(page, "console", ""):
        is_session = "$ " in block
        for line in block.replace("\\\n", " ").splitlines():
            typed = line.removeprefix("$ ")
            if is_session and typed == line:
                continue  # what is printed
            if "replayx " not in typed:
                continue
            lexer = shlex.shlex(typed, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words = []
            for word in [*lexer, ";"]:
                if re.fullmatch("[();<>|&]+", word):
                    if words[:1] == ["replayx"]:
                        yield words[1:]
                    words = []
                else:
                    words.append(word)


TYPED = [
    pytest.param(words, id=f"{page.stem}: {' '.join(words)}"[:80])
    for page in PAGES
    for words in commands(page)
]


def test_commands_are_found():
    assert len(TYPED) > 60


@pytest.mark.parametrize("words", TYPED)
def test_every_command_is_one(words):
    """Options, arguments and choices; files need not be there."""
    command, context = group, None
    while isinstance(command, click.Group):
        context = command.make_context("replayx", words, parent=context)
        words = [*context._protected_args, *context.args]
        if not words:
            assert command.invoke_without_command
            return
        _, command, words = command.resolve_command(context, words)
    command.make_context("replayx", words, parent=context)


# The toxic that write-a-toxic.md writes is tested with the contract.
TOLD = re.compile(r"(?:--fault|faults add|faults check) '(?!lose_large)([^'`]+)'")
FAULTS = sorted({fault for page in PAGES for fault in TOLD.findall(page.read_text())})


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_that_is_told_is_one(fault):
    assert parse_fault(fault, venues=VENUES).toxic


TOML = [
    pytest.param(text, id=f"{page.stem} {number}")
    for page in PAGES
    for number, text in enumerate(blocks(page, "toml"), 1)
]


@pytest.mark.parametrize("text", TOML)
def test_every_document_is_one(text):
    document = tomllib.loads(text)
    if "toxic" in document:
        assert parse_plan(text, "plan.toml", venues=VENUES).rules
    elif "project" not in document:  # a package's own
        assert limits_from_document(document, "limits.toml")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_snippet_is_python(page):
    for text in blocks(page, "python"):
        compile(text, str(page), "exec")
