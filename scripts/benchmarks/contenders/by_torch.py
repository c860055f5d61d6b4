"""torch: `torch.nn.RNN` and `torch.nn.LSTM`, with torch's own loss and Adam."""

import numpy as np
import torch

from benchmarks.contenders import PREDICTED_AT_ONCE, first_gradients
from numpy_rnn import classifier, lstm, readout, rnn
from numpy_rnn.experiments import LEARNING_RATE
from numpy_rnn.training import ROWS

# torch stacks the gates in the order i, f, u, o.
GATES = "M_input", "M_forget", "M_modulated_input", "M_output"


class Torch:
    """torch adds two biases in its RNN, and the second stays 0 here. The LSTM has no biases."""

    def __init__(self, weights: classifier.Model, T: int, threads: int):
        torch.set_num_threads(threads)
        params, (d, V) = weights.recurrence, weights.readout
        self.is_lstm = isinstance(params, lstm.Params)
        H = len(params[0])
        self.cell: torch.nn.RNNBase
        if isinstance(params, lstm.Params):
            self.cell = torch.nn.LSTM(ROWS, H, bias=False, batch_first=True)
            M = np.concatenate([getattr(params, name) for name in GATES])
            own = {"weight_hh_l0": M[:, :H], "weight_ih_l0": M[:, H:]}
        else:
            self.cell = torch.nn.RNN(ROWS, H, batch_first=True)
            own = {"weight_hh_l0": params.W, "weight_ih_l0": params.U, "bias_hh_l0": params.b[:, 0]}
            self.cell.bias_ih_l0.requires_grad_(False)
            own["bias_ih_l0"] = np.zeros(H, np.float32)
        self.output = torch.nn.Linear(H, len(d))
        with torch.no_grad():
            for name, value in own.items():
                getattr(self.cell, name).copy_(torch.from_numpy(value))
            self.output.weight.copy_(torch.from_numpy(V))
            self.output.bias.copy_(torch.from_numpy(d[:, 0]))
        parameters = [one for one in (*self.cell.parameters(), *self.output.parameters()) if one.requires_grad]
        self.adam = torch.optim.Adam(parameters, lr=LEARNING_RATE, eps=1e-7)
        self.criterion = torch.nn.CrossEntropyLoss()

    def ready(self, images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return two tensors."""
        return torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))

    def step(self, batch: tuple[torch.Tensor, torch.Tensor]) -> float:
        """Run one step; return the loss before it."""
        x, labels = batch
        self.adam.zero_grad()
        loss = self.criterion(self.output(self.cell(x)[0][:, -1]), labels)
        loss.backward()
        self.adam.step()
        return loss.item()

    def gradients(self) -> classifier.Model:
        """Return the gradients of the first step."""
        m = {
            name: self.adam.state[parameter]["exp_avg"].numpy()
            for name, parameter in (*self.cell.named_parameters(), *self.output.named_parameters())
            if parameter.requires_grad
        }
        if self.is_lstm:
            gates = np.split(np.hstack([m["weight_hh_l0"], m["weight_ih_l0"]]), 4)
            params: rnn.Params | lstm.Params = lstm.Params(**dict(zip(GATES, gates, strict=True)))
        else:
            params = rnn.Params(m["bias_hh_l0"][:, None], m["weight_hh_l0"], m["weight_ih_l0"])
        return first_gradients(classifier.Model(params, readout.Params(m["bias"][:, None], m["weight"])))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities."""
        with torch.inference_mode():
            parts = torch.from_numpy(images).split(PREDICTED_AT_ONCE)
            logits = [self.output(self.cell(part)[0][:, -1]) for part in parts]
            return torch.cat(logits).softmax(dim=1).numpy()
