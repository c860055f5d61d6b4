"""Does all code name the encoding of the text that it reads or writes, so that no machine's own encoding matters?"""

import ast

import pytest

from parity_tests import ROOT

FOLDERS = "numpy_rnn", "tf_rnn", "scripts", "parity_tests"
FILES = [*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))]
# The number of positional arguments with which a call names an encoding.
POSITION = {"read_text": 1, "write_text": 2}
# Modules whose `open` is not that of text files.
OTHER_OPEN = {"os", "zipfile", "archive", "mock", "Image"}


def without_encoding(source):
    """The lines of a program that read or write text without naming an encoding."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and lacks_encoding(node)]


def lacks_encoding(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = getattr(call.func.value, "id", "") if isinstance(call.func, ast.Attribute) else ""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in keywords:
        return False
    if name in POSITION:
        return len(call.args) < POSITION[name]
    if name == "open" and owner not in OTHER_OPEN:
        texts = [value.value for value in [*call.args, *keywords.values()] if isinstance(value, ast.Constant)]
        return not any(isinstance(text, str) and set(text) <= set("rwxab+") and "b" in text for text in texts)
    if name in ("TemporaryFile", "NamedTemporaryFile", "fdopen"):
        return any(isinstance(arg, ast.Constant) and "b" not in str(arg.value) for arg in call.args)
    return {"text", "universal_newlines"} & set(keywords)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_file_names_its_encodings(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("path.read_text()", True),
        ("path.write_text('a')", True),
        ("open(path, 'w')", True),
        ("path.open()", True),
        ("open(path, newline='')", True),
        ("subprocess.run(command, text=True)", True),
        ("tempfile.NamedTemporaryFile('w')", True),
        ("path.read_text('utf-8')", False),
        ("path.write_text('a', encoding='utf-8')", False),
        ("open(path, 'rb')", False),
        ("path.open(mode='xb')", False),
        ("os.open(path, os.O_RDONLY)", False),
        ("tempfile.TemporaryFile()", False),
        ("subprocess.run(command, encoding='utf-8')", False),
    ],
)
def test_a_missing_encoding_is_found(source, found):
    assert bool(without_encoding(source)) == found
