"""Imports point down, pure layers stay pure, and a venue's words stay in its folder."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "replayx"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# The layers of docs/architecture.md: the first part of a module's path -> its layer.
LAYERS = {
    **dict.fromkeys(("errors", "limits", "clock", "rng", "framing", "quantities"), 0),
    "cassette": 1,
    **dict.fromkeys(("timeline", "market"), 2),
    **dict.fromkeys(("venues", "requests", "faults", "generators", "ratelimit"), 3),
    "session": 4,
    **dict.fromkeys(("server", "recorder"), 5),
    **dict.fromkeys(("cli", "testing", "__main__"), 6),
}
# Layers whose folders must not know each other.
NEVER_SIDEWAYS = (3, 5)
# The Protocol of a layer is for all of it.
PROTOCOLS = {
    "replayx.venues.venue",
    "replayx.venues.fault_side",
    "replayx.venues.market_side",
    "replayx.venues.rate_side",
    "replayx.venues.shock_side",
}

SHELL = 5  # from here on up, modules may touch the world
WORLD = {
    "asyncio": "move it to server or recorder",
    "aiohttp": "move it to server or recorder",
    "websockets": "move it to server or recorder",
    "socket": "move it to server or recorder",
    "ssl": "move it to server or recorder",
    "threading": "move it to server or recorder",
    "concurrent": "move it to server or recorder",
    "subprocess": "move it to cli",
    "time": "take now_ns as an argument; only clock.py reads a clock",
    "random": "use rng.named_stream",
    "secrets": "use rng.named_stream",
    "uuid": "number things in their order",
}
ALLOWED = {
    ("clock.py", "time"),
    ("rng.py", "random"),
    # A pseudonym must be different in every recording: the one place where chance is wanted.
    ("cassette/redact.py", "secrets"),
    ("cassette/pseudonym.py", "secrets"),
}
CLOCK = {"time": WORLD["time"], "random": WORLD["random"], "uuid": WORLD["uuid"]}

# Where a file may be opened below the shell.
OPENERS = {"cassette/record_file.py", "cassette/sidecar.py", "cassette/writer.py"}


def name(path):
    return str(path.relative_to(PACKAGE))


def module(path):
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer(dotted):
    parts = dotted.split(".")
    return None if len(parts) < 2 else LAYERS[parts[1]]


def imports(path, *, deferred=True):
    """Yield (line, module) of every import; without deferred ones, those at module level."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    nodes = ast.walk(tree) if deferred else tree.body
    for node in nodes:
        if id(node) in typing_only and not deferred:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno}: import by the whole path"
            yield node.lineno, node.module


def test_every_module_has_a_layer():
    unknown = [name(path) for path in SOURCES if module(path).count(".")
               and module(path).split(".")[1] not in LAYERS]  # fmt: skip
    assert unknown == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_point_down(path):
    here = module(path)
    own = layer(here)
    wrong = []
    for line, target in imports(path):
        if not target.startswith("replayx.") or own is None or target in PROTOCOLS:
            continue
        other = layer(target)
        if other > own:
            wrong.append(f"{name(path)}:{line}: {target} is in layer {other}, above {own}")
        is_sideways = other == own and own in NEVER_SIDEWAYS
        if is_sideways and target.split(".")[1] != here.split(".")[1]:
            wrong.append(f"{name(path)}:{line}: {target} is a neighbour in layer {own}")
    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_pure_layers_stay_pure(path):
    own = layer(module(path))
    banned = WORLD if own is not None and own < SHELL else CLOCK
    wrong = [
        f"{name(path)}:{line}: imports {target}: {banned[target.split('.')[0]]}"
        for line, target in imports(path)
        if target.split(".")[0] in banned and (name(path), target.split(".")[0]) not in ALLOWED
    ]
    assert wrong == []


def test_there_are_no_cycles():
    graph = {
        module(path): {
            target
            for _, target in imports(path, deferred=False)
            if target.startswith("replayx.") and target != module(path)
        }
        for path in SOURCES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_files_are_opened_where_they_may_be():
    wrong = []
    for path in SOURCES:
        own = layer(module(path))
        if own is None or own >= SHELL or name(path) in OPENERS:
            continue
        wrong += [
            f"{name(path)}:{node.lineno}: opens a file; use cassette.record_file or .writer"
            for node in calls(ast.parse(path.read_text()))
            if ast.unparse(node.func) in ("open", "os.open", "io.open")
            or (isinstance(node.func, ast.Attribute) and node.func.attr in
                ("read_text", "read_bytes", "write_text", "write_bytes"))
        ]  # fmt: skip
    assert wrong == []


def test_pure_layers_have_no_chance_and_no_environment():
    wrong = []
    for path in SOURCES:
        own = layer(module(path))
        if own is None or own >= SHELL:
            continue
        for node in calls(ast.parse(path.read_text())):
            called = ast.unparse(node.func)
            if called in ("hash", "os.urandom", "os.getenv", "id") or "os.environ" in called:
                wrong.append(f"{name(path)}:{node.lineno}: {called}")
    assert wrong == []


MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CALLS = {
    "list",
    "dict",
    "set",
    "defaultdict",
    "deque",
    "Counter",
    "bytearray",
    "OrderedDict",
}


def test_modules_hold_no_mutable_state():
    wrong = []
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        wrong += [
            f"{name(path)}:{node.lineno}: global"
            for node in ast.walk(tree)
            if isinstance(node, ast.Global)
        ]
        for node in tree.body:
            value = getattr(node, "value", None)
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            is_call = isinstance(value, ast.Call) and ast.unparse(value.func) in MUTABLE_CALLS
            targets = ast.unparse(node).split("=")[0]
            if (isinstance(value, MUTABLE) or is_call) and "__all__" not in targets:
                wrong.append(f"{name(path)}:{node.lineno}: {targets.strip()}: use a tuple, a"
                             " frozenset or a MappingProxyType")  # fmt: skip
    assert wrong == []


# Names of built-in venues and of what comes with replayx, and examples in help texts, are not
# knowledge of a wire.
MAY_SAY_BINANCE = re.compile(r"venues/|cli/")


def test_a_venues_words_stay_in_its_folder():
    wrong = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in SOURCES
        if not MAY_SAY_BINANCE.match(name(path))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"binance", line.partition("#")[0], re.IGNORECASE)
        and '"""' not in line
        and "`" not in line
    ]
    assert wrong == []


def test_no_layer_but_venues_names_a_venues_module():
    wrong = [
        f"{name(path)}:{line}: {target}"
        for path in SOURCES
        if not name(path).startswith("venues/")
        for line, target in imports(path)
        if re.match(r"replayx\.venues\.(?!registry$)", target) and target not in PROTOCOLS
    ]
    assert wrong == []
