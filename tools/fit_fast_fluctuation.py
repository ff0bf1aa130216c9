"""Fit a fast fluctuation of head volume to the change of area over minutes (eggl2023).

ln V = constant + fast + slow: an Ornstein-Uhlenbeck process of minutes and a part that does not
move within an hour. The area A of a head is taken as that of a sphere: V = (4/3) pi**(-1/2)
A**(3/2). Fitted to the intervals of eggl2023_sham.csv that calibrate; prints all of them.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

TABLE = Path(__file__).resolve().parent.parent / "data" / "reference" / "eggl2023_sham.csv"
#: Samples of the model, for a correlation that has no closed form.
SAMPLES = 400_000
SEED = 1
#: Exponent of volume on area, and factor in front, for a sphere.
EXPONENT = 1.5
FACTOR = 4 / 3 / np.sqrt(np.pi)


def main() -> None:
    """Fit and print both halves."""
    table = pd.read_csv(TABLE, comment="#")
    table.columns = pd.Index([c.partition(" [")[0] for c in table.columns])
    fitted = table[table["role"] == "calibration"]

    def sd(p: np.ndarray, lag: np.ndarray) -> np.ndarray:
        return p[0] * np.sqrt(2 * -np.expm1(-lag / p[1]))

    def miss(p: np.ndarray) -> np.ndarray:
        error = fitted["sd_log_change_standard_error"]
        return (sd(p, fitted["interval"]) - fitted["sd_log_change"]) / error

    fit = least_squares(miss, [0.15, 8.0], x_scale=[0.1, 5.0])
    spread, tau = fit.x
    errors = np.sqrt(np.diag(np.linalg.inv(fit.jac.T @ fit.jac)))
    total = fitted["sd_log_area"].mean()
    rest = np.sqrt(total**2 - spread**2)
    mean_log = np.log(fitted["mean_area"].mean()) - total**2 / 2
    centre = FACTOR * np.exp(EXPONENT * mean_log)
    print("\n# slices, minutes: ln V = constant + fast + slow (V from area as of a sphere)")
    print(
        f"values = {{ volume_centre = {centre:.3g}, spread_fast = {EXPONENT * spread:.3g}, "
        f"tau_fast = {tau:.3g} (minute), spread_slow = {EXPONENT * rest:.3g} }}"
    )
    print(
        f"  spread_fast +- {EXPONENT * errors[0]:.2g}, tau_fast +- {errors[1]:.2g} minute; chi**2 "
        f"{2 * fit.cost:.1f} of {len(fitted)} points, 2 parameters; tau_slow: no evidence, assumed"
    )
    generator = np.random.default_rng(SEED)
    first, still = generator.standard_normal((2, SAMPLES))
    for _, row in table.iterrows():
        decay = np.exp(-row["interval"] / tau)
        later = decay * first + np.sqrt(1 - decay**2) * generator.standard_normal(SAMPLES)
        before, after = (np.exp(mean_log + rest * still + spread * f) for f in (first, later))
        change = after - before
        reached = change.std(), np.corrcoef(np.abs(change), before)[0, 1]
        text = f"  {row['start']:.0f} to {row['stop']:.0f} min ({row['role']}):"
        for name, value in zip(("sd_change", "size_correlation"), reached, strict=True):
            error = row[f"{name}_standard_error"]
            text += f"  {name} {row[name]:.4f} +- {error:.4f}, reached {value:.4f}"
            text += f" (z {(value - row[name]) / error:+.1f})"
        print(text)


if __name__ == "__main__":
    main()
