"""The path of the guide's first page: its minutes are counted, and its frames become right when they are filled in."""

import math
import re
from types import ModuleType

import numpy as np
import pytest

from numpy_rnn import rnn
from parity_tests import ROOT, judge
from parity_tests.guide import reading_time

DOCS = ROOT / "docs"
INDEX = (DOCS / "index.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \| \[[^\]]+\]\(([\w-]+\.md)\)", re.MULTILINE)
FRAMES = {"rnn": "derivations.md", "lstm": "derivations-lstm.md"}
BLANK = "        ...\n"
# The lines that the derivations give, for the blank of each frame, and for each line a mistake.
LINES = {
    "rnn": [
        ("dh_t = dh[t - 1] + carried", "dh_t = dh[t - 1]"),
        ("da = dh_t * (1 - h[t] ** 2)", "da = dh_t * (1 - h[t - 1] ** 2)"),
        ("dx[t - 1] = U.T @ da", "dx[t - 1] += 2 * U.T @ da"),
        ("dW += da @ h[t - 1].T", "dW = da @ h[t - 1].T"),
        ("dU += da @ x[t - 1].T", "dU = da @ x[t - 1].T"),
        ("db += da.sum(axis=1, keepdims=True)", "db += da.mean(axis=1, keepdims=True)"),
        ("carried = W.T @ da", "carried = W @ da"),
    ],
    "lstm": [
        ("dh_t = dh[t - 1] + dh_carried", "dh_t = dh[t - 1]"),
        ("dc_t = dh_t * o * (1 - np.tanh(c[t]) ** 2) + dc_carried", "dc_t = dh_t * o * (1 - np.tanh(c[t]) ** 2)"),
        ("do = dh_t * np.tanh(c[t])", "do = dc_t * np.tanh(c[t])"),
        ("di, du, df = dc_t * u, dc_t * i, dc_t * c[t - 1]", "di, du, df = dc_t * u, dc_t * i, dc_t * c[t]"),
        ("da = di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), du * (1 - u**2)", "da = di, df, do, du"),
        ("z = np.concatenate([h[t - 1], x[t - 1]])", "z = np.concatenate([h[t], x[t - 1]])"),
        ("dM_input += da[0] @ z.T", "dM_input = da[0] @ z.T"),
        ("dM_forget += da[1] @ z.T", "dM_forget = da[1] @ z.T"),
        ("dM_output += da[2] @ z.T", "dM_output = da[2] @ z.T"),
        ("dM_modulated_input += da[3] @ z.T", "dM_modulated_input = da[3] @ z.T"),
        ("dz = sum(M.T @ da_g for M, da_g in zip(params, da, strict=True))", "dz = params[0].T @ da[0]"),
        ("dh_carried, dx[t - 1] = np.split(dz, [len(dh_t)])", "dx[t - 1] = dz[len(dh_t) :]"),
        ("dc_carried = dc_t * f", "dc_carried = dc_t"),
    ],
}


def section(text, heading):
    (found,) = re.findall(rf"^## {heading}.*?(?=^## )", text, re.MULTILINE | re.DOTALL)
    return found


def frame(kind):
    """The code that a page gives."""
    text = (DOCS / FRAMES[kind]).read_text(encoding="utf-8")
    (code,) = [block for _, language, block in reading_time.FENCE.findall(text) if language == "python"]
    assert code.count(BLANK) == 1
    return code


def verdict(kind, code):
    module = ModuleType(f"my_{kind}")
    exec(compile(code, f"my_{kind}.py", "exec"), module.__dict__)
    return judge(kind, module)


def filled(kind, lines):
    return frame(kind).replace(BLANK, "".join(f"        {line}\n" for line in lines))


@pytest.mark.parametrize(("minutes", "page"), ROW.findall(INDEX))
def test_the_first_page_states_the_counted_minutes(minutes, page):
    counted = reading_time.minutes((DOCS / page).read_text(encoding="utf-8"))
    assert int(minutes) == math.ceil(counted)


def test_the_path_takes_half_an_hour():
    path = ROW.findall(section(INDEX, "In half an hour"))
    assert [page for _, page in path] == ["index.md", *FRAMES.values()]
    assert sum(int(minutes) for minutes, _ in path) <= 30


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_with_the_derived_lines_is_right(kind):
    found = verdict(kind, filled(kind, [right for right, _ in LINES[kind]]))
    assert found.exit_code == 0, found


@pytest.mark.parametrize("kind", FRAMES)
def test_an_empty_frame_is_wrong_and_not_an_error(kind):
    assert verdict(kind, frame(kind)).exit_code == 1


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind in LINES for number in range(len(LINES[kind]))])
def test_a_frame_with_one_wrong_line_is_wrong(kind, number):
    lines = [pair[place == number] for place, pair in enumerate(LINES[kind])]
    assert verdict(kind, filled(kind, lines)).exit_code == 1


def test_the_page_says_how_many_lines_the_blank_of_the_rnn_takes():
    assert len(LINES["rnn"]) == 7
    assert "in seven lines, in place of the dots" in (DOCS / FRAMES["rnn"]).read_text(encoding="utf-8")


def test_the_numbers_of_two_steps_are_those_of_the_backward_pass():
    text = section((DOCS / FRAMES["rnn"]).read_text(encoding="utf-8"), "The same in numbers")
    rows = [[float(cell) for cell in row.split("|")] for row in re.findall(r"^\| (\d .*) \|$", text, re.MULTILINE)]
    given = {name: float(value) for name, value in re.findall(r"\$(\w+) = ([\d.]+)\$", text)}
    W, h_0, h_1, h_2 = (given[name] for name in ("W", "h_0", "h_1", "h_2"))
    trace = rnn.Trace(x=np.zeros((2, 1, 1)), h=np.array([h_0, h_1, h_2]).reshape(3, 1, 1))
    params = rnn.Params(b=np.zeros((1, 1)), W=np.array([[W]]), U=np.ones((1, 1)))
    gradients = rnn.backward(params, trace, dh=np.array([0.0, 1.0]).reshape(2, 1, 1))
    (_, outside_2, carried_2, dh_2, da_2, from_2), (_, outside_1, carried_1, dh_1, da_1, from_1) = rows
    assert [outside_2, carried_2, dh_2] == [1, 0, 1]
    assert [outside_1, carried_1, dh_1] == [0, from_2, from_2]
    # The input has the weight 1, so that dx is da.
    assert [da_1, da_2] == pytest.approx(gradients.x.ravel(), rel=1e-12)
    assert [from_2, from_1] == pytest.approx([W * da_2, gradients.h_init.item()], rel=1e-12)
    (stated,) = re.findall(r"dW = (\S+) \\cdot (\S+) \+ (\S+) \\cdot (\S+) = (\S+)\$", text)
    assert [float(number) for number in stated[:4]] == [da_2, h_1, da_1, h_0]
    assert float(stated[4]) == pytest.approx(gradients.params.W.item(), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("one two three four five six", 1.8),
        ("[one two](three.md) $a = b$", 1.5),
        ("| one | two |\n|---|---|\n| 3 | 4 |", 1.2),
        ("$$a\n= b$$", 20),
        ("<picture>\nmany words\n</picture>", 20),
        ("```python\na = 1\n\nb = 2\n```", 20),
        ("```text\ntwo words\n```", 0.6),
        ("```{toctree}\n:caption: All\nindex\n```", 0),
        (":::{beside-code} rnn forward\n\n| number | equation |\n|---|---|\n| (1.1) | $a$ |\n\n:::", 30),
    ],
)
def test_reading_times(text, seconds):
    assert reading_time.minutes(text) * 60 == pytest.approx(seconds)
