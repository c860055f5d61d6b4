"""Does `see_it_run.py` write a data file that can be read, and refuse in one line what it cannot do?"""

from importlib.util import find_spec

import numpy as np
import pytest

from interactive import page_data
from numpy_rnn import classifier
from parity_tests import requirements
from parity_tests.commands.processes import ONE_THREAD, assert_refused, run


@pytest.mark.slow
def test_a_quick_training_writes_the_data(tmp_path):
    code, stdout, stderr = run("--quick", "--output", "page", folder=tmp_path, script="see_it_run.py", **ONE_THREAD)
    assert (code, stderr) == (0, "")
    assert "Written to page" in stdout
    assert [path.name for path in (tmp_path / "page").iterdir()] == [page_data.NAME]
    data = page_data.read(tmp_path / "page" / page_data.NAME)
    models = page_data.models_in(data)
    assert {name: entry["epochs"] for name, entry in data["models"].items()} == {"rnn": 1, "lstm": 1}
    for model in models.values():
        assert classifier.check(model) == {"H": 64, "I": 28, "C": 10}
    assert len(page_data.images_in(data).labels) == len(data["images"])


def test_weights_and_images_are_read_as_they_were_written(tmp_path):
    rng = np.random.default_rng(0)
    models = {name: page_data.new_model(name, rng) for name in page_data.EPOCHS}
    images = rng.integers(0, 256, (200, 28, 28), np.uint8)
    split = page_data.mnist.Split(images, rng.integers(0, 10, 200).astype(np.uint8))
    path = page_data.write(tmp_path, page_data.page_data(models, split, page_data.EPOCHS))
    data = page_data.read(path)
    for name, model in page_data.models_in(data).items():
        for (field, found, _), (_, expected, _) in zip(*map(classifier.axes, (model, models[name])), strict=True):
            np.testing.assert_array_equal(found, expected, err_msg=field)
    places = [image["index"] for image in data["images"]]
    np.testing.assert_array_equal(page_data.images_in(data).images, images[places])


def test_an_output_folder_that_is_a_file_is_refused_before_the_training(tmp_path):
    (tmp_path / "file").touch()
    assert_refused(run("--output", "file", folder=tmp_path, script="see_it_run.py"), ".*file.*")


@pytest.mark.skipif(find_spec("playwright") is None, reason=requirements.reason("playwright"))
def test_a_recording_without_a_browser_is_refused(tmp_path):
    message = "--recording: expected an installed browser, found none of chromium, chromium-browser, google-chrome"
    assert_refused(run("--recording", "r.webp", folder=tmp_path, script="see_it_run.py", PATH=str(tmp_path)), message)
