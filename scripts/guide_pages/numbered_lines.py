"""The numbered lines of code: which line belongs to which equation, and which lines have no number."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

NUMBER = r"\((\d)\.(\d)\)"
RANGE = rf"∂?{NUMBER}(?: … ∂?{NUMBER})?"
FUNCTION = r"\b(matmul|add|multiply|tanh|exp|log|sqrt|sigmoid|softmax)$"
FURTHER_KEY = re.compile(r"∂\(\d\.\d\)/∂\w+")

Pair = tuple[int, int]


class NumberedLine(NamedTuple):
    """A line with the number of an equation in its comment, and the lines that belong to it, by their line numbers.

    `keys` are the parts of the comment that name what the line computes, `(1.1)` or `∂(1.1)/∂U` for example.
    """

    keys: tuple[str, ...]
    numbers: tuple[Pair, ...]
    lines: dict[int, str]


def equation_numbers(text: str) -> list[Pair]:
    """Return the equations that a text names, in order; `(2.1) … (2.4)` and `∂(2.4) … ∂(2.1)` are ranges."""
    found = []
    for chapter, first, _, last in re.findall(RANGE, text):
        start, stop = int(first), int(last or first)
        step = 1 if start <= stop else -1
        found += [(int(chapter), number) for number in range(start, stop + step, step)]
    return found


def stated(source: str) -> list[tuple[Pair, str]]:
    """Return the numbers and equations of a module's docstring: indented lines with = or ← that end with a number."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    lines = re.findall(r"^ +(\S.* [=←] .*?)  +(\(\d\.\d\))", docstring, re.MULTILINE)
    return [(equation_numbers(number)[0], equation) for equation, number in lines]


def calculates(node: ast.AST) -> bool:
    """Return whether code contains arithmetic outside of indices."""
    if isinstance(node, ast.Subscript):
        return calculates(node.value)
    called = isinstance(node, ast.Call) and re.search(FUNCTION, ast.unparse(node.func))
    return bool(isinstance(node, ast.BinOp | ast.AugAssign) or called) or any(
        map(calculates, ast.iter_child_nodes(node))
    )


def function_named(source: str, name: str) -> ast.FunctionDef:
    """Return a function of a module."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return next(node for node in functions if node.name == name)


def statements_of(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return the statements in the loop over time or, if there is none, those of the whole function, in order."""
    loops: list[ast.For | ast.FunctionDef] = [
        node for node in function.body if isinstance(node, ast.For) and any(map(calculates, node.body))
    ]
    found: list[ast.stmt] = []
    for part in loops or [function]:
        for node in part.body:
            found += node.body if isinstance(node, ast.With) else [node]
    return found


def keys_of(comment: str) -> tuple[str, ...]:
    """Return what the comment of a line names: its first part, and other derivatives that follow."""
    first, *others = comment.split(", ")
    return first, *(part for part in others if FURTHER_KEY.fullmatch(part))


def numbered_lines(source: str, name: str) -> tuple[list[NumberedLine], list[str]]:
    """Return the numbered lines of a function, and the faults: lines with arithmetic that belong to no number.

    A line without a number belongs to the numbered line before it if it changes what that line computes, or else to
    the next numbered line that reads what it computes.
    """
    text = source.splitlines()
    found: list[NumberedLine] = []
    waiting: list[tuple[str, int]] = []
    faults = []
    for statement in statements_of(function_named(source, name)):
        numbered = [*commented(text, statement)]
        for number, code, comment in numbered:
            used = [line for target, line in waiting if re.search(rf"\b{target}\b", code)]
            waiting = [(target, line) for target, line in waiting if line not in used]
            lines = {line: text[line - 1].strip() for line in [*used, number]} | {number: code}
            found.append(NumberedLine(keys_of(comment), numbers_of(comment, source), lines))
        if numbered:
            continue
        code = text[statement.lineno - 1].strip()
        target = target_of(statement)
        if found and continues(statement, [*found[-1].lines.values()][-1]):
            found[-1].lines[statement.lineno] = code
        elif target:
            waiting.append((target, statement.lineno))
        elif calculates(statement):
            faults.append(f"no number: {code}")
    left = [text[line - 1].strip() for _, line in waiting if calculates(ast.parse(text[line - 1].strip()))]
    return found, faults + [f"no number: {line}" for line in left]


def commented(text: list[str], statement: ast.stmt) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the code and the comment of each line of a statement that has a comment."""
    for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
        code, _, comment = text[number - 1].partition("#")
        if code.strip() and comment:
            yield number, code.strip(), comment.strip()


def numbers_of(comment: str, source: str) -> tuple[Pair, ...]:
    """Return the equations that a comment names; `both paths to h_t` names the equation of h_t."""
    if path := re.match(r"both paths to (\w+)", comment):
        return tuple(pair for pair, equation in stated(source) if equation.startswith(f"{path[1]} = "))
    return tuple(dict.fromkeys(equation_numbers(comment)))


def continues(statement: ast.stmt, code: str) -> bool:
    """Return whether a statement changes the variable that the code before it computes, or takes it apart."""
    before = re.match(r"\w+", code)
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple) and before:
        return not calculates(statement) and bool(re.search(rf"\b{before[0]}\b", ast.unparse(statement.value)))
    return before is not None and before[0] == target_of(statement)


def target_of(statement: ast.stmt) -> str:
    """Return the name of the one variable that a statement computes, or nothing."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return ""
