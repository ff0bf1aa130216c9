"""Fit the pair rule of spike timing to the points of Bi and Poo 1998.

Prints the change per pairing and the time constants for the additive form, in which every
pairing adds the same amount, and the multiplicative form, in which every pairing multiplies
the strength by the same factor. The numbers go into rule files with source = "fitted".
Equal weights: the points have no errors of their own.
"""

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.optimize import curve_fit

POINTS = Path(__file__).resolve().parent.parent / "data" / "reference" / "bi_poo1998.csv"
FORMS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "additive": lambda change, pairings: pairings * change,
    "multiplicative": lambda change, pairings: (1 + change) ** pairings - 1,
}


def read_points(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals (ms, t_post - t_pre) and relative changes in a reference file."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))[1:]
    points = np.array(rows, dtype=float)
    return points[:, 0], points[:, 1]


def fit_side(
    distance: np.ndarray, change: np.ndarray, form: str, pairings: int, tau: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one side of the window by least squares.

    Parameters
    ----------
    distance
        Interval without its sign, in ms.
    change
        Relative change after all pairings.
    form
        A key of ``FORMS``.
    pairings
        Number of pairings behind each point.
    tau
        Time constant in ms to hold fixed; None to fit it.

    Returns
    -------
    values, errors
        Amplitude per pairing at distance zero and time constant in ms, and their standard
        errors, scaled by the residuals. A fixed time constant has the error zero.

    Raises
    ------
    RuntimeError
        If the fit does not converge, as on the LTD side with points near coincidence.
    """

    def window(x: np.ndarray, amplitude: float, time_constant: float) -> np.ndarray:
        return FORMS[form](amplitude * np.exp(-x / time_constant), pairings)

    start = [change.mean() / pairings, 20.0]
    if tau is None:
        values, covariance = curve_fit(window, distance, change, p0=start)
        return values, np.sqrt(np.diag(covariance))
    values, covariance = curve_fit(lambda x, a: window(x, a, tau), distance, change, p0=start[:1])
    return np.array([values[0], tau]), np.array([np.sqrt(covariance[0, 0]), 0.0])


def main() -> None:
    """Fit both sides in both forms and print one line for each."""
    parser = argparse.ArgumentParser(description="Fit the pair rule to Bi and Poo 1998.")
    parser.add_argument("--points", type=Path, default=POINTS, help="reference file to fit")
    parser.add_argument("--pairings", type=int, default=60, help="pairings behind each point")
    parser.add_argument("--period", type=float, default=1000.0, help="ms between pairings")
    parser.add_argument("--cut", type=float, default=4.0, help="LTD: skip this near to zero, ms")
    parser.add_argument("--tau-minus", type=float, default=33.7, help="LTD time constant, ms")
    options = parser.parse_args()

    interval, change = read_points(options.points)
    ltp, ltd = interval > 0, interval < -options.cut
    cases = [
        ("LTP", ltp, None, "interval > 0 ms, both values free"),
        ("LTD", ltd, options.tau_minus, f"interval < -{options.cut:g} ms, time constant fixed"),
        ("LTD check", ltd, None, f"interval < -{options.cut:g} ms, both values free"),
    ]
    print(f"{len(interval)} points, {options.pairings} pairings, {options.period:g} ms apart\n")
    print("side       form            n  per pairing (SE)          tau ms (SE)   total at 0, 40 ms")
    for side, chosen, tau, _ in cases:
        for form in FORMS:
            distance = np.abs(interval[chosen])
            values, errors = fit_side(distance, change[chosen], form, options.pairings, tau)
            decay = np.exp(-np.array([0.0, 40.0]) / values[1])
            total = FORMS[form](values[0] * decay, options.pairings)
            print(
                f"{side:10} {form:14} {chosen.sum():2}  {values[0]:+.4e} ({errors[0]:.1e})  "
                f"{values[1]:9.2f} ({errors[1]:5.2f})  {total[0]:+8.3f} {total[1]:+.3f}"
            )
    print()
    for side, _, _, selection in cases:
        print(f"{side}: {selection}")
    nearest = options.period - np.abs(interval).max()
    left = np.exp(-nearest / options.tau_minus)
    print(f"Trace left from the neighbouring pairing: at most {left:.1e} of its size at the spike.")


if __name__ == "__main__":
    main()
