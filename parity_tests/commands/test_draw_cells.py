"""The figures show the symbols and numbers of the equations, and `draw_cells.py` draws the published files."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.text import Annotation

import draw_cells
from numpy_rnn import lstm, readout, rnn
from pages import cell_figures, time_figures
from parity_tests.commands.processes import run

CELLS = {"rnn": cell_figures.rnn_figure, "lstm": cell_figures.lstm_figure}
THROUGH_TIME = {"rnn through time": time_figures.rnn_through_time, "lstm through time": time_figures.lstm_through_time}
FIGURES = {**CELLS, **THROUGH_TIME}
NUMBER = re.compile(r"\((\d\.\d)\)")
# The figure of the RNN includes the read-out, whose third equation is the loss and no part of the network.
EQUATIONS = {"rnn": [rnn, readout], "lstm": [lstm]}
NOT_DRAWN = {"3.3"}


def texts_of(kind):
    (axes,) = FIGURES[kind](cell_figures.LIGHT).axes
    return [text.get_text() for text in axes.texts if text.get_text()]


@pytest.mark.parametrize("kind", CELLS)
def test_each_equation_has_its_number_at_one_operation(kind):
    stated = {number for module in EQUATIONS[kind] for number in NUMBER.findall(module.__doc__ or "")}
    drawn = [number for text in texts_of(kind) for number in NUMBER.findall(text)]
    assert sorted(drawn) == sorted(stated - NOT_DRAWN)


def test_each_parameter_is_drawn():
    assert {f"${name}$" for name in ("b", "W", "U", "V", "d")} <= set(texts_of("rnn"))
    matrices = {text for text in texts_of("lstm") if text.startswith("$M_")}
    assert len(matrices) == len(lstm.Params._fields)


@pytest.mark.parametrize(("kind", "states"), [("rnn through time", "h"), ("lstm through time", "hc")])
def test_two_gradients_reach_each_state_of_step_t(kind, states):
    (axes,) = FIGURES[kind](cell_figures.LIGHT).axes
    drawn = [text for text in axes.texts if isinstance(text, Annotation)]
    arrows = [(arrow.xy, arrow.arrow_patch.get_edgecolor()) for arrow in drawn if arrow.arrow_patch]
    gradient = to_rgba(cell_figures.LIGHT.gradient)
    for letter in states:
        (place,) = [text.get_position() for text in axes.texts if text.get_text() == f"${letter}_{{t}}$"]
        near = [colour for end, colour in arrows if np.hypot(*np.subtract(end, place)) < 0.5]
        assert near.count(gradient) == 2
    backward = sum(colour == gradient for _, colour in arrows)
    assert len(arrows) == 2 * backward > 0


@pytest.mark.parametrize("kind", FIGURES)
def test_both_colour_schemes_show_the_same_and_no_text_is_outside_the_picture(kind):
    figures = [FIGURES[kind](colours) for colours in (cell_figures.LIGHT, cell_figures.DARK)]
    assert len({tuple(text.get_text() for text in figure.axes[0].texts) for figure in figures}) == 1
    figure = figures[0]
    figure.draw_without_rendering()
    for text in figure.axes[0].texts:
        if text.get_text():
            box = text.get_window_extent()
            assert figure.bbox.x0 <= box.x0, text
            assert box.x1 <= figure.bbox.x1, text


def test_the_script_draws_the_files_that_are_published(tmp_path):
    code, stdout, stderr = run("--output", tmp_path / "figures", folder=tmp_path, script="draw_cells.py")
    assert (code, stderr) == (0, "")
    assert "fig-1-rnn" in stdout
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == sorted(path.name for path in draw_cells.FOLDER.iterdir())
    for name in names:
        assert ElementTree.parse(tmp_path / "figures" / name).getroot().tag.endswith("svg")


def test_an_output_folder_that_is_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    code, _, stderr = run("--output", tmp_path / "file", folder=tmp_path, script="draw_cells.py")
    assert code == 2
    assert stderr.count("\n") == 1
    assert str(tmp_path / "file") in stderr
