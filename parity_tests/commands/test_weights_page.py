"""The page on weights of Keras and PyTorch: its examples run, and its refusal is as the code gives it."""

import re

import pytest

from parity_tests import ROOT
from parity_tests.requirements import reason

PAGE = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
KERAS, REFUSED, WRITTEN, TORCH = (content for language, content in BLOCK.findall(PAGE) if language == "python")
(MESSAGE,) = (content for language, content in BLOCK.findall(PAGE) if language == "text")


def executed(source, names):
    exec(compile(source, "weights.md", "exec"), names)
    return names


@pytest.mark.tensorflow
def test_the_examples_with_keras_run(capsys):
    names = executed(KERAS, {})
    assert capsys.readouterr().out == "(8,)\n"
    with pytest.raises(ValueError, match=r"^layer 'relu': expected") as caught:
        executed(REFUSED, names)
    assert f"ValueError: {caught.value}\n" == MESSAGE
    names = executed(WRITTEN, names)
    for weight, value in zip(names["again"].get_weights(), names["keras_model"].get_weights(), strict=True):
        assert (weight == value).all()
    assert names["layer"].stateful


def test_the_example_with_pytorch_runs():
    torch = pytest.importorskip("torch", reason=reason("torch"))
    names = executed(TORCH, {"torch": torch})
    assert names["module"].bias_hh_l1.detach().numpy().any() == 0
