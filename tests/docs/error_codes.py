"""The error codes that the program can show, read from its source.

A code is a text that is given to a parameter or attribute called `code` or `error_code`, by name or by place.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

NAMES = frozenset({"code", "error_code"})


def error_codes(source: Path) -> frozenset[str]:
    """All codes below `source`; what is computed has a `*` in the place of the computed part."""
    trees = [ast.parse(file.read_text("utf-8")) for file in sorted(source.rglob("*.py"))]
    places: defaultdict[str, set[int]] = defaultdict(set)
    for tree in trees:
        for name, place in _code_parameters(tree):
            places[name].add(place)
    constants = {name: text for tree in trees for name, text in _constants(tree)}
    values = (value for tree in trees for node in ast.walk(tree) for value in _given(node, places))
    return frozenset(code for value in values for code in _texts(value, constants) if code)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Constant(str(text))):
                yield name, text


def _code_parameters(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The functions and classes that take a code, with the place of it among their arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        elif isinstance(node, ast.ClassDef):
            fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
            names = [field.id for field in fields if isinstance(field, ast.Name)]
        else:
            continue
        yield from ((node.name, place) for place, name in enumerate(names) if name in NAMES)


def _given(node: ast.AST, places: dict[str, set[int]]) -> Iterator[ast.expr]:
    """The values that a statement or call gives to codes."""
    if isinstance(node, ast.Assign):
        targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
        yield from [node.value] if targets & NAMES else []
    elif isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg in NAMES)
        yield from (node.args[place] for place in places.get(_called(node), ()) if place < len(node.args))


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _texts(value: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    match value:
        case ast.Name(name) if name in constants:
            yield constants[name]
        case ast.Constant(str(text)):
            yield text
        case ast.JoinedStr(parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one, constants), *_texts(other, constants))
