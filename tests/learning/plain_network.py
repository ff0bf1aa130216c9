"""Dendritic target propagation as its equations say, one step and one population at a time.

In double precision, on one sample after the other; no part of it is shared with the package.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Matrix = np.ndarray


def rectified(state: Matrix) -> Matrix:
    return np.maximum(state, 0.0)


@dataclass
class PlainLayer:
    """Weights of a layer, as (post, pre), and the rates at which they learn."""

    W: Matrix  # E below to E
    Y: Matrix  # SomaI to E
    V: Matrix  # E below to SomaI
    Q: Matrix  # E to SomaI
    R: Matrix  # SomaI to SomaI
    rate_w: float
    bias: Matrix | None = None
    rate_bias: float = 0.0
    Y_d: Matrix | None = None  # DendI to the dendrites of E
    Q_d: Matrix | None = None  # E to DendI
    R_d: Matrix | None = None  # DendI to DendI
    rate_y: float = 0.0
    rate_q: float = 0.0
    rate_r: float = 0.0
    total_q: float = 0.0
    total_r: float = 0.0
    scale_b: float = 0.0
    B: Matrix | None = None  # E above to the dendrites of E; without it, scale_b times W above
    state: dict[str, Matrix] = field(default_factory=dict)
    rate: dict[str, Matrix] = field(default_factory=dict)
    before: dict[str, Matrix] = field(default_factory=dict)

    def sizes(self) -> dict[str, int]:
        sizes = {"E": len(self.W), "SomaI": len(self.V)}
        return sizes | ({"DendI": len(self.Q_d)} if self.Q_d is not None else {})


def first_phase(layers: list[PlainLayer], x: Matrix, steps: int, tau: float) -> None:
    """Run all steps, layer after layer within each."""
    for layer in layers:
        layer.state = {name: np.zeros(size) for name, size in layer.sizes().items()}
        if layer.bias is not None:
            layer.state["E"] = layer.bias.copy()
        layer.rate = {name: rectified(u) for name, u in layer.state.items()}
    for _ in range(steps):
        for layer in layers:
            layer.before = dict(layer.rate)
        below = x
        for layer in layers:
            a, u = layer.before, layer.state
            soma = layer.W @ below + layer.Y @ a["SomaI"]
            if layer.bias is not None:
                soma = soma + layer.bias
            inhibitory = layer.V @ below + layer.Q @ a["E"] + layer.R @ a["SomaI"]
            u["E"] = u["E"] + (soma - u["E"]) / tau
            u["SomaI"] = u["SomaI"] + (inhibitory - u["SomaI"]) / tau
            if layer.Q_d is not None:
                dendritic = layer.Q_d @ a["E"] + layer.R_d @ a["DendI"]
                u["DendI"] = u["DendI"] + (dendritic - u["DendI"]) / tau
            layer.rate = {name: rectified(values) for name, values in u.items()}
            below = layer.rate["E"]


def learn(
    layers: list[PlainLayer], x: Matrix, target: Matrix, steps: int, tau: float, *,
    adaptation: float = 0.0, balance: float = 0.0, share: float = 1.0,
) -> None:  # fmt: skip
    """Change the weights of all layers by one sample, those from below by a share of their rate."""
    first_phase(layers, x, steps, tau)
    output = layers[-1]
    plateau = np.clip(target - output.rate["E"], -1, 1) * (output.rate["E"] > 0)
    plateau = plateau - balance * plateau.mean()
    nudged = rectified(output.state["E"] + plateau)
    plateaus, dendrites = [plateau], []
    for layer, above in zip(layers[-2::-1], layers[:0:-1], strict=True):
        B = layer.scale_b * above.W.T if layer.B is None else layer.B
        inhibition = layer.Y_d @ layer.before["DendI"]
        dendrites.append(np.clip(B @ above.rate["E"] + inhibition, -1, 1))
        rest = adaptation * (B @ above.rate["E"] + inhibition)
        plateau = np.clip(B @ nudged + inhibition - rest, -1, 1) * (layer.rate["E"] > 0)
        nudged = rectified(layer.state["E"] + plateau)
        plateaus.append(plateau)
    below = x
    for layer, plateau in zip(layers, reversed(plateaus), strict=True):
        growth = share * layer.rate_w * np.outer(plateau, np.clip(below, 0, 1))
        layer.W = rectified(layer.W + growth)
        if layer.bias is not None:
            layer.bias = layer.bias + layer.rate_bias * plateau
        below = layer.rate["E"]
    for layer, dendrite in zip(layers, reversed(dendrites), strict=False):
        a, before = layer.rate["DendI"], layer.before
        inhibitor = np.clip(before["DendI"], 0, 1)
        layer.Y_d = np.minimum(0, layer.Y_d - layer.rate_y * np.outer(dendrite, inhibitor))
        Q = rectified(layer.Q_d + layer.rate_q * np.outer(a, before["E"]))
        layer.Q_d = layer.total_q * Q / Q.sum(1, keepdims=True)
        R = np.minimum(0, layer.R_d - layer.rate_r * np.outer(a, before["DendI"]))
        np.fill_diagonal(R, 0.0)
        layer.R_d = layer.total_r * R / -R.sum(1, keepdims=True)
