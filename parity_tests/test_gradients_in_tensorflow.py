"""Are the hand-written gradients those of TensorFlow's automatic differentiation, for every parameter?"""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given

from numpy_rnn import classifier
from parity_tests.layer_cases import SEEDS, SIZES, close, random_case
from tf_rnn import LSTM, RNN, weights


@pytest.mark.parametrize("layer_class", [RNN, LSTM])
@given(SIZES, SEEDS)
@example((2, 3, 4, 4), 0)
def test_loss_and_gradients(layer_class, sizes, seed):
    B, T, H, inputs = sizes
    layer, _, images, states = random_case(layer_class, sizes, seed)
    labels = np.random.default_rng(seed).integers(0, 10, B)
    with tf.GradientTape() as tape:
        probabilities = tf.gather(layer(images, **states), labels, axis=1, batch_dims=1)
        loss = -tf.reduce_mean(tf.math.log(probabilities))
    expected = dict(zip([w.name for w in layer.weights], tape.gradient(loss, layer.trainable_weights), strict=True))

    x = images.transpose(1, 2, 0).copy()
    columns = {name: state.T.copy() for name, state in states.items()}
    ours, gradients = classifier.loss_and_gradients(weights.to_numpy(layer), x, labels, **columns)
    # An error of the forward pass passes at most twice through products with numbers of at most 1 on the way back, and
    # a gradient adds up T steps, a mean over the batch.
    bound = 4 * (T + 1) * close(T, H, inputs)
    assert ours == pytest.approx(float(loss), rel=0, abs=bound)
    for name, gradient, _ in classifier.axes(gradients):
        assert np.any(gradient != 0) or T == 0, name
        theirs = expected[name].numpy().reshape(gradient.shape)
        np.testing.assert_allclose(gradient, theirs, rtol=0, atol=bound, err_msg=name)
