import my_lstm

from parity_tests import judge


def test_my_lstm_is_right():
    judge("lstm", my_lstm).assert_right()
