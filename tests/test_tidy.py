"""The house style, as far as a machine can check it: sizes, names, words, one test a source."""

import ast
import re
from functools import cache
from pathlib import Path
from statistics import median

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "replayx"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((REPOSITORY / "scripts").rglob("*.py"))
TESTS = sorted((REPOSITORY / "tests").rglob("*.py"))

FILE_LINES_MAX = 400
CLASS_LINES_MAX = 200
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_MEDIAN_MAX = 8
LINE_CHARACTERS_MAX = 100
POSITIONAL_MAX = 5

BANNED_MODULES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}
PRAGMA = re.compile(r"\s+# (noqa|type: ignore).*")  # ruff does not count them either
BANNED_CLASSES = re.compile(r"(Manager|Helper|Utils?|Exchange)$")

# Classes that are longer, and how long. A ratchet: they may only become shorter.
LONG_CLASSES: dict[str, int] = {}

# Sources that have no test file of their own yet. A ratchet: it may only become shorter.
UNTESTED: set[str] = set()


def name(path):
    return str(path.relative_to(REPOSITORY))


@cache
def tree_of(path):
    return ast.parse(path.read_text())


def trees(paths):
    return [(path, tree_of(path)) for path in paths]


@cache
def nodes(tree):
    return list(ast.walk(tree))


@cache
def functions(tree):
    return [
        node for node in nodes(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def docstring_lines(node):
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return first.end_lineno - first.lineno + 1


def function_lines(node):
    """Return a function's lines without decorators and docstring."""
    return node.end_lineno - node.lineno + 1 - docstring_lines(node)


def test_files_are_short():
    long = {name(path): len(path.read_text().splitlines()) for path in SOURCES + SCRIPTS}
    assert {path: count for path, count in long.items() if count > FILE_LINES_MAX} == {}


def test_functions_are_short():
    long = {
        f"{name(path)}:{node.lineno} {node.name}": function_lines(node)
        for path, tree in trees(SOURCES + SCRIPTS)
        for node in functions(tree)
        if function_lines(node) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_the_median_function_is_very_short():
    sizes = [function_lines(node) for _, tree in trees(SOURCES) for node in functions(tree)]
    assert median(sizes) <= FUNCTION_LINES_MEDIAN_MAX


def test_classes_are_short():
    sizes = {
        f"{name(path)} {node.name}": node.end_lineno - node.lineno + 1
        for path, tree in trees(SOURCES)
        for node in nodes(tree)
        if isinstance(node, ast.ClassDef)
    }
    allowed = {one: LONG_CLASSES.get(one, CLASS_LINES_MAX) for one in sizes}
    assert {one: size for one, size in sizes.items() if size > allowed[one]} == {}
    short = {one for one in LONG_CLASSES if sizes.get(one, 0) <= CLASS_LINES_MAX}
    assert short == set(), "short now: take it off the list"


def test_few_parameters_are_positional():
    many = []
    for path, tree in trees(SOURCES):
        for node in functions(tree):
            given = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            given = [one for one in given if one not in ("self", "cls")]
            if len(given) > POSITIONAL_MAX:
                many.append(f"{name(path)}:{node.lineno} {node.name}{tuple(given)}")
    assert many == []


def test_lines_are_short():
    long = [
        f"{name(path)}:{number}"
        for path in SOURCES + SCRIPTS + TESTS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(PRAGMA.sub("", line)) > LINE_CHARACTERS_MAX
    ]
    assert long == []


def test_every_module_says_what_it_is():
    silent = [name(path) for path, tree in trees(SOURCES + SCRIPTS) if not ast.get_docstring(tree)]
    assert silent == []


def test_public_classes_and_functions_are_documented():
    silent = []
    for path, tree in trees(SOURCES):
        scopes = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
        for scope in scopes:
            if isinstance(scope, ast.ClassDef) and scope.name.startswith("_"):
                continue
            silent += [
                f"{name(path)}:{node.lineno} {node.name}"
                for node in scope.body
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ]
    assert silent == []


def test_names_say_what_things_are():
    vague = [name(path) for path in SOURCES if path.stem in BANNED_MODULES]
    for path, tree in trees(SOURCES):
        vague += [
            f"{name(path)}: class {node.name}"
            for node in nodes(tree)
            if isinstance(node, ast.ClassDef) and BANNED_CLASSES.search(node.name)
        ]
    assert vague == []


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"\b(TODO|FIXME|XXX|HACK)\b", "do it, or write an issue"),
        (r"#\s*type:\s*ignore(?!\[[\w, -]+\])", "name the error that is ignored"),
        (r"#\s*noqa(?!: [A-Z0-9, ]+)", "name the rule that is broken"),
    ],
)
def test_words_that_do_not_belong(pattern, instead):
    found = [
        f"{name(path)}:{number}: {instead}"
        for path in SOURCES + SCRIPTS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []


def test_an_ignored_type_error_has_its_reason_beside_it():
    bare = []
    for path in SOURCES + SCRIPTS:
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if "# type: ignore" not in line:
                continue
            behind = line.split("# type: ignore", 1)[1].partition("]")[2].strip()
            above = lines[number - 1].strip() if number else ""
            if not behind and not above.startswith("#"):
                bare.append(f"{name(path)}:{number + 1}")
    assert bare == []


def test_every_source_has_its_test():
    missing = set()
    for path in SOURCES:
        relative = path.relative_to(PACKAGE)
        if path.stem in ("__init__", "__main__"):
            continue
        mirror = REPOSITORY / "tests" / relative.with_name(f"test_{relative.name}")
        if not mirror.exists():
            missing.add(name(path))
    assert missing - UNTESTED == set(), "no test file of its own"
    assert UNTESTED - missing == set(), "tested now: take it off the list"
