"""Do the checks of the functions in notebook 4 name typical mistakes, and accept other styles?"""

import pytest

from parity_tests.notebook_checks import bptt
from parity_tests.notebooks import bptt_lstm_answers, bptt_rnn_answers
from parity_tests.notebooks.bptt_answers import answered, refused

WRONG = bptt_rnn_answers.WRONG | bptt_lstm_answers.WRONG
RIGHT = bptt_rnn_answers.RIGHT | bptt_lstm_answers.RIGHT


@pytest.mark.parametrize(("name", "answer", "words"), [(n, a, w) for n, some in WRONG.items() for a, w in some.items()])
def test_a_typical_mistake_is_named(name, answer, words):
    assert words in refused(name, answered(name, answer))


@pytest.mark.parametrize(("name", "answer"), [(n, a) for n, some in RIGHT.items() for a in some])
def test_a_right_answer_in_another_style_is_accepted(name, answer, capsys):
    getattr(bptt, name)(answered(name, answer))
    assert capsys.readouterr().out.startswith("✓ 4.")


def test_there_are_enough_answers_for_each_blank():
    assert all(len(some) >= 5 for some in WRONG.values())
    assert all(len(RIGHT[name]) >= 3 for name in WRONG)
