"""The options of `train.py` that let several devices or machines share a training."""

import argparse

from command.arguments import choice, positive_number, whole_number

STRATEGY_OPTIONS = "strategy", "logical_devices", "worker_timeout"
WORKER_TIMEOUT = 60.0
# Options that a training on several devices cannot have.
SINGLE = "jit", "tensorboard"


def add_strategy_options(group: argparse._ArgumentGroup) -> None:
    """Add the options to the parser of `train.py`."""
    group.add_argument(
        "--strategy",
        **choice("none", "mirrored", "multiworker"),
        help="devices that share each batch: one, all GPUs of this machine, or those of the machines that the "
        "environment variable TF_CONFIG lists (default: none)",
    )
    group.add_argument(
        "--logical-devices",
        type=whole_number(2, 64),
        metavar="N",
        help="with --strategy mirrored, use no GPU but split the CPU into N devices, to try it",
    )
    group.add_argument(
        "--worker-timeout",
        type=positive_number,
        metavar="SECONDS",
        help="with --strategy multiworker, the longest time to wait for the other workers at the start (default: "
        f"{WORKER_TIMEOUT:g})",
    )


def check_strategy_options(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Report options that do not fit together; complete the others.

    The strategy "none" becomes None, and --logical-devices means the CPU.
    """
    chosen = options.strategy or "none"
    for name, strategy in (("logical_devices", "mirrored"), ("worker_timeout", "multiworker")):
        if getattr(options, name) and chosen != strategy:
            option = f"--{name.replace('_', '-')}"
            parser.error(f"argument {option}: expected with --strategy {strategy}, got --strategy {chosen}")
    options.replicas = None
    options.worker_timeout = options.worker_timeout or WORKER_TIMEOUT
    if chosen == "none":
        options.strategy = None
        return
    for name in SINGLE:
        if getattr(options, name):
            parser.error(f"argument --{name}: expected with --strategy none, got --strategy {chosen}")
    if options.initial_state == "random":
        parser.error(f"argument --initial-state: expected zeros or learned with --strategy {chosen}, got 'random'")
    if options.logical_devices:
        if options.device == "gpu":
            parser.error("argument --device: expected auto or cpu with --logical-devices, got 'gpu'")
        options.device = "cpu"
