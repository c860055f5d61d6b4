"""The answer to question 2.8.1 in sentences and tables, computed from the results of the study."""

from typing import Any

import numpy as np

from numpy_rnn.training import ROWS
from pages.blocks import Table
from pages.wording import count, mean, percent, scientific, spread
from studies.definition import Results
from studies.recipes import OPEN

MODELS: dict[str, dict[str, Any]] = {
    "RNN": {"recurrence": "rnn", "hidden_dim": 64},
    "LSTM": {"recurrence": "lstm", "hidden_dim": 64},
    "LSTM, open": {"recurrence": "lstm", "hidden_dim": 64, "forget_bias": OPEN},
}
IN_PROSE = {"RNN": "the RNN", "LSTM": "the exercise's LSTM", "LSTM, open": "the LSTM with the open forget gate"}
WHEN = {"untrained": "before training", "trained": "after the longer training"}


def accuracies(results: Results, condition: str, name: str) -> list[float]:
    """Return the test accuracy of each seed after the last epoch."""
    return [seed[-1] for seed in results["accuracy"][condition][name]]


def _mean(results: Results, condition: str, name: str) -> float:
    return float(np.mean(accuracies(results, condition, name)))


def _where(results: Results, name: str, other: str, by: float = 0.1) -> str:
    """Return the delays at which the model `name` leads `other` by at least `by`, or "none"."""
    won = [
        N for N in results["delays"] if _mean(results, f"delay {N}", name) - _mean(results, f"delay {N}", other) >= by
    ]
    return ", ".join(map(str, won)) if won else "none"


def _gradient_kept(results: Results, when: str, name: str) -> float:
    """Return ∂L/∂h at the end of the digit as a part of ∂L/∂h at the last step."""
    sizes = results["gradients"][when][name]["h"]
    return sizes[ROWS] / sizes[-1]


def describe(results: Results) -> list[str]:
    """Return one claim a paragraph: which model wins where, and how the gradients explain it."""
    delays, accuracy = results["delays"], results["accuracy"]
    epochs = {kind: len(accuracy[kind]["RNN"][0]) for kind in ("delay 0", "long")}

    def below_half(name: str) -> str:
        found = [str(N) for N in delays if _mean(results, f"delay {N}", name) < 0.5]
        return f"by {IN_PROSE[name]} at {'N = ' + ', '.join(found) if found else 'no N'}"

    def order(condition: str) -> str:
        lead = _mean(results, condition, "LSTM") - _mean(results, condition, "RNN")
        return f"the exercise's LSTM is {abs(100 * lead):.1f} points {'ahead of' if lead > 0 else 'behind'} the RNN"

    rnn_leads, opened = _where(results, "RNN", "LSTM"), list(accuracy["opened"])
    by_input = _mean(results, "opened", "b = 0") - _mean(results, "opened", opened[0])
    by_value = _mean(results, "opened", f"b = {OPEN:g}") - _mean(results, "opened", "b = 0")
    cause = (
        "the value at which this bias starts" if by_value > by_input else "the constant input, more than its weight,"
    )
    far, longest = f"delay {delays[-1]}", f"parts {results['parts'][-1]}"
    best = max(MODELS, key=lambda name: _mean(results, longest, name))
    permuted = [_mean(results, "permuted", name) for name in MODELS]
    return [
        f"Three models with 64 units are compared after {epochs['delay 0']} epochs: the exercise's RNN, the exercise's "
        "LSTM, whose gates have no bias, and an LSTM with an open forget gate, “LSTM, open”. It has a constant input "
        f"of 1 whose weight in the forget gate starts at {OPEN:g} and acts as a bias, so that f starts at "
        f"{1 / (1 + np.exp(-OPEN)):.2f}. To test the memory, N blank steps follow the digit before the network "
        "answers.",
        f"Without blank steps, {order('delay 0')}.",
        f"Fewer than half of the images are classified correctly {below_half('RNN')}, "
        f"{below_half('LSTM')}, {below_half('LSTM, open')}.",
        f"The exercise's LSTM leads the RNN by ten points or more at N = {_where(results, 'LSTM', 'RNN')}. The RNN "
        f"leads by as much at {'no N' if rnn_leads == 'none' else f'N = {rnn_leads}'}.",
        "The exercise's LSTM forgets because its gates have no bias. A blank step gives them only h. Where h is small, "
        "f = σ(0) = ½, so each blank step halves c. After 28 blank steps, 2⁻²⁸ of c and of its gradient is left.",
        f"The LSTM with the open forget gate leads the RNN by ten points or more at N = "
        f"{_where(results, 'LSTM, open', 'RNN')}. At N = {delays[-1]} it classifies "
        f"{spread(accuracies(results, far, 'LSTM, open'))} correctly, the RNN "
        f"{spread(accuracies(results, far, 'RNN'))}. Always answering 1 scores {percent(results['always_1'])}.",
        f"With {ROWS} blank steps, {cause} makes most of the difference, as the table of biases shows.",
        f"The value {OPEN:g} was chosen after a trial of 1 and {OPEN:g} with one seed, in which 1 did not learn to "
        "bridge 56 steps within four epochs. The RNN was not tuned. So the comparison shows what a good start does for "
        "an LSTM, not the best that either model can reach.",
        f"Longer training, tested with {ROWS} blank steps: {epochs['long']} instead of {epochs['delay 0']} "
        f"epochs take the RNN from {mean(accuracies(results, f'delay {ROWS}', 'RNN'))} to "
        f"{mean(accuracies(results, 'long', 'RNN'))} and the exercise's LSTM from "
        f"{mean(accuracies(results, f'delay {ROWS}', 'LSTM'))} to {mean(accuracies(results, 'long', 'LSTM'))}."
        if ROWS in delays
        else f"Longer training, {epochs['long']} epochs with {ROWS} blank steps, takes the RNN to "
        f"{mean(accuracies(results, 'long', 'RNN'))} and the exercise's LSTM to "
        f"{mean(accuracies(results, 'long', 'LSTM'))}.",
        f"With 14 steps of noise in place of blank steps, {order('noise 14')}.",
        f"With all pixels permuted in the same way for all images, the three models differ by "
        f"{100 * (max(permuted) - min(permuted)):.1f} points.",
        f"With each row cut into {results['parts'][-1]} parts, so that T = {ROWS * results['parts'][-1]}, the best "
        f"model is {IN_PROSE[best]}.",
        f"The gradients explain the forgetting. Before training, ∂L/∂h shrinks on its way from the last step back over "
        f"{ROWS} blank steps to the end of the digit. The part that is left (seed 0) is "
        f"{scientific(_gradient_kept(results, 'untrained', 'RNN'))} for the RNN, "
        f"{scientific(_gradient_kept(results, 'untrained', 'LSTM'))} for the exercise's LSTM and "
        f"{scientific(_gradient_kept(results, 'untrained', 'LSTM, open'))} for the LSTM with the open forget gate. "
        "With almost no gradient, a network learns almost nothing about the digit.",
        "An LSTM has a second path for the gradient, through c. Each step multiplies ∂L/∂c by f alone. Where f is near "
        "1 the gradient arrives; where f is ½ it does not.",
        "The gradients after training are those of networks of seed 0 that have learned something. They say nothing "
        "about seeds that still do no better than always answering 1.",
    ]


def tabulate(results: Results) -> list[Table]:
    """Return tables of accuracies, of seeds at chance, of biases, and of the gradients that arrive."""
    named = {f"delay {N}": count(N, "blank step") for N in results["delays"]}
    named |= {f"parts {k}": f"T = {ROWS * k}, each row in {k} parts" for k in results["parts"] if k > 1}
    named |= {"noise 14": "14 steps of noise", "permuted": "permuted pixels"}
    named |= {"long": f"{ROWS} blank steps, longer training"}
    rows = [[text, *(spread(accuracies(results, key, name)) for name in MODELS)] for key, text in named.items()]
    chance = [[str(N), *(_at_chance(results, N, name) for name in MODELS)] for N in results["delays"] if N >= ROWS]
    opened = [[name, spread(accuracies(results, "opened", name))] for name in results["accuracy"]["opened"]]
    accuracy = {name: results["accuracy"]["long"][name][0][-1] for name in MODELS}
    gradients = [
        [text, *(scientific(_gradient_kept(results, when, name)) for name in MODELS)] for when, text in WHEN.items()
    ]
    gradients.append(["test accuracy after the longer training", *(percent(accuracy[name]) for name in MODELS)])
    return [
        Table(
            "Test accuracy by sequence (mean; lowest and highest of the seeds in brackets)", ["sequence", *MODELS], rows
        ),
        Table("Seeds at most 2 points better than always answering 1", ["N, blank steps", *MODELS], chance),
        Table(
            f"Test accuracy of the LSTM with {ROWS} blank steps, by the start b of its bias",
            ["bias", "accuracy"],
            opened,
        ),
        Table(
            f"∂L/∂h at the end of the digit, {ROWS} blank steps before the last step, as a part of ∂L/∂h there; seed 0",
            ["network", *MODELS],
            gradients,
        ),
    ]


def _at_chance(results: Results, N: int, name: str) -> str:
    """Return how many seeds do no better than always answering 1."""
    found = accuracies(results, f"delay {N}", name)
    return f"{sum(a < results['always_1'] + 0.02 for a in found)} of {len(found)}"
