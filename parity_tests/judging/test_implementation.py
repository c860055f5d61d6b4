"""Does an implementation pass each check of the judge? Without the option `--implementation`, `numpy_rnn` does."""

import pytest

from parity_tests.judging.refused import BadInput


def test_implementation(judged, check):
    try:
        outcome = judged.run(check)
    except BadInput as error:
        pytest.fail(str(error), pytrace=False)
    if outcome.status == "failed":
        first = outcome.failure
        pytest.fail(first.words or f"wrong: {', '.join(one.quantity for one in first.wrong)}", pytrace=False)
    if outcome.status == "not judged":
        words = f"could not be judged: {outcome.reason}, for {outcome.case}"
        if outcome.core:
            pytest.fail(words, pytrace=False)
        pytest.skip(words)
