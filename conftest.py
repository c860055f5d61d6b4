"""The test run's own option; here, where pytest looks for it whatever else stands on the command line."""

from parity_tests import implementations


def pytest_addoption(parser):
    parser.addoption(
        "--implementation",
        action="append",
        default=[],
        metavar="KIND=MODULE",
        help="test this module in place of numpy_rnn's; KIND is rnn, lstm or readout; may be repeated",
    )


def pytest_configure(config):
    config.implementations = implementations.load(config.getoption("--implementation"))
