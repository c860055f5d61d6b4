"""Does `train.py --strategy` refuse in one line what cannot train together, and do workers find each other?"""

import json
import re
import socket
import sys
import threading
import time

import pytest

import train as script
from parity_tests.commands.processes import assert_refused, contents, run, without_tensorflow
from trainings.cluster import EXAMPLE, Cluster, meet, read_cluster

TASK = {"type": "worker", "index": 0}
TWO = {"worker": ["a:1", "b:2"]}


def parsed(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    return script.parse_arguments()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--strategy", "both"], "argument --strategy: expected one of none, mirrored, multiworker, got 'both'"),
        (
            ["--backend", "numpy", "--strategy", "mirrored"],
            "--strategy: expected with --backend tf, got --backend numpy",
        ),
        (["--backend", "numpy", "--logical-devices", "2"], "--logical-devices: expected with --backend tf, got"),
        (["--logical-devices", "2"], "--logical-devices: expected with --strategy mirrored, got --strategy none"),
        (
            ["--strategy", "multiworker", "--logical-devices", "2"],
            "expected with --strategy mirrored, got --strategy mul",
        ),
        (["--strategy", "mirrored", "--logical-devices", "1"], "expected a whole number from 2 to 64, got '1'"),
        (
            ["--strategy", "mirrored", "--worker-timeout", "9"],
            "expected with --strategy multiworker, got --strategy mir",
        ),
        (["--strategy", "multiworker", "--worker-timeout", "0"], "expected a finite number above 0, got '0'"),
        (["--strategy", "mirrored", "--jit"], "--jit: expected with --strategy none, got --strategy mirrored"),
        (
            ["--strategy", "mirrored", "--tensorboard"],
            "--tensorboard: expected with --strategy none, got --strategy mir",
        ),
        (["--strategy", "mirrored", "--initial-state", "random"], "expected zeros or learned with --strategy mirrored"),
        (
            ["--strategy", "mirrored", "--logical-devices", "2", "--device", "gpu"],
            "--device: expected auto or cpu with --logical-devices, got 'gpu'",
        ),
    ],
)
def test_options_that_do_not_fit_together(monkeypatch, capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        parsed(monkeypatch, *arguments)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("train.py: error: argument --")
    assert said in line


def test_what_the_settings_hold(monkeypatch):
    for arguments, expected in (([], None), (["--strategy", "none"], None), (["--strategy", "mirrored"], "mirrored")):
        options = parsed(monkeypatch, *arguments)
        options.replicas = 2 if expected else None
        settings = script.settings(options, options.experiments[0])
        assert (settings["strategy"], settings["replicas"]) == (expected, options.replicas)
    options = parsed(monkeypatch, "--backend", "numpy")
    assert not {"strategy", "replicas"} & script.settings(options, options.experiments[0]).keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, f"expected {re.escape(EXAMPLE)}, got nothing"),
        ("", f"expected {re.escape(EXAMPLE)}, got nothing"),
        ("{", "expected JSON, got '{' .*"),
        ("[" * 100_000, "expected JSON, got .*"),
        ("[]", "expected a cluster of the jobs chief and worker, .*, got None"),
        (json.dumps({"task": TASK}), "expected a cluster of the jobs .*, got None"),
        (json.dumps({"cluster": {}, "task": TASK}), "expected a cluster of the jobs .*, got {}"),
        (json.dumps({"cluster": TWO | {"ps": ["c:3"]}, "task": TASK}), "expected a cluster of the jobs .*"),
        (json.dumps({"cluster": {"worker": "a:1"}, "task": TASK}), 'expected a list of addresses "host:port" .*'),
        (json.dumps({"cluster": {"worker": ["a:1", "b"]}, "task": TASK}), "expected a list of addresses .*"),
        (json.dumps({"cluster": {"worker": ["a:1", "b:99999"]}, "task": TASK}), "expected a list of addresses .*"),
        (json.dumps({"cluster": {"worker": ["a:1"]}, "task": TASK}), "expected two workers or more, got 1"),
        (
            json.dumps({"cluster": {"chief": ["a:1", "b:2"]}, "task": TASK}),
            "expected one address in the job chief, got 2",
        ),
        (
            json.dumps({"cluster": {"worker": ["a:1", "a:1"]}, "task": TASK}),
            "expected another address for each worker, .*",
        ),
        (
            json.dumps({"cluster": TWO}),
            "expected a task with the type and the index of one of: worker 0, worker 1, got .*",
        ),
        *(
            (json.dumps({"cluster": TWO, "task": {"type": kind, "index": index}}), "expected a task with the type .*")
            for kind, index in [
                ("worker", 2),
                ("worker", -1),
                ("worker", "0"),
                ("worker", True),
                ("chief", 0),
                (None, 0),
            ]
        ),
    ],
)
def test_a_wrong_tf_config(text, said):
    with pytest.raises(ValueError, match=f"^TF_CONFIG: {said}$"):
        read_cluster(text)


def test_a_right_tf_config():
    text = json.dumps(
        {"cluster": {"worker": ["b:2", "[::1]:3"], "chief": ["a:1"]}, "task": {"type": "worker", "index": 1}}
    )
    cluster = read_cluster(text)
    assert cluster == Cluster(("a:1", "b:2", "[::1]:3"), 2)
    assert cluster.host_and_port(2) == ("::1", 3)


def loopback(number):
    """Free addresses on the loopback interface."""
    try:
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    except OSError as error:
        pytest.skip(f"needs a socket on the loopback address: {error}")
    addresses = tuple(f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners)
    for listener in listeners:
        listener.close()
    return addresses


@pytest.mark.parametrize("number", [2, 3, 5])
def test_workers_meet_in_any_order(number):
    addresses, met = loopback(number), []

    def worker(index):
        meet(Cluster(addresses, index), 30)
        met.append(index)

    threads = [threading.Thread(target=worker, args=(index,)) for index in reversed(range(number))]
    for thread in threads:
        assert met == []  # nobody goes before the last one has come
        thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    assert sorted(met) == list(range(number))


def test_a_worker_that_is_missing():
    addresses = loopback(2)
    begin = time.monotonic()
    with pytest.raises(ValueError, match=f"^--strategy multiworker: .* within 0.5 seconds, .* with {addresses[1]}; .*"):
        meet(Cluster(addresses, 0), 0.5)
    assert 0.5 <= time.monotonic() - begin < 5


def test_other_programs_at_an_address_are_no_workers():
    """One listens at the address of the other worker and says nothing; one connects to this worker."""
    addresses = loopback(2)
    with socket.create_server(Cluster(addresses, 0).host_and_port(1)):

        def knock():
            time.sleep(0.2)
            with socket.create_connection(Cluster(addresses, 0).host_and_port(0)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")

        thread = threading.Thread(target=knock)
        thread.start()
        with pytest.raises(ValueError, match=f"found no connection with {addresses[1]};"):
            meet(Cluster(addresses, 0), 1)
        thread.join()


def test_an_address_that_is_in_use():
    addresses = loopback(2)
    with (
        socket.create_server(("", Cluster(addresses, 0).host_and_port(0)[1])),
        pytest.raises(
            ValueError, match=f"^TF_CONFIG: expected an address at which this .*, got {addresses[0]}: .* in use"
        ),
    ):
        meet(Cluster(addresses, 0), 1)


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--strategy", "multiworker"], {}, "TF_CONFIG: expected .*, got nothing"),
        (["--strategy", "multiworker"], {"TF_CONFIG": '{"cluster": 1}'}, "TF_CONFIG: expected a cluster .*, got 1"),
        (
            ["--strategy", "mirrored", "--device", "cpu"],
            {},
            "--strategy mirrored: expected two GPUs or more, found the CPU; --logical-devices 2 splits the CPU",
        ),
        (
            ["--strategy", "mirrored", "--logical-devices", 8, "--batch-size", 7],
            {},
            "--batch-size: expected 8 or more, one for each replica, got 7",
        ),
    ],
)
def test_a_run_that_is_refused_leaves_nothing(tmp_path, arguments, environment, message):
    before = contents(tmp_path)
    assert_refused(run("rnn-64", *arguments, folder=tmp_path, **environment), message)
    assert contents(tmp_path) == before


def test_options_are_refused_without_tensorflow(tmp_path):
    stubs = without_tensorflow(tmp_path)
    ending = run("--logical-devices", 2, folder=tmp_path, first_on_path=stubs)
    assert_refused(ending, "argument --logical-devices: expected with --strategy mirrored, .*; see --help")
