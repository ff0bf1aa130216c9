"""The parameters of a run as texts, with their sources."""

from __future__ import annotations

from dataclasses import dataclass

from neurospine.report_page.reported import ReportedRun


@dataclass(frozen=True)
class ParameterRow:
    """A parameter in words; `control` is its value without disorders, where that is another."""

    name: str
    value: str
    unit: str
    meaning: str
    source: str
    where: str
    control: str


def parameter_rows(run: ReportedRun) -> list[ParameterRow]:
    """Return the parameters of a run in the order of the file."""
    found = []
    for row in run.trajectory.info.parameters.to_dict("records"):
        value, control = (row.get(key) for key in ("value", "control_value"))
        found.append(
            ParameterRow(
                str(row["name"]),
                f"{float(str(value)):.6g}",
                "" if row["unit"] == "1" else str(row["unit"]),
                str(row["meaning"]),
                str(row["source"]),
                str(row["where"]),
                "" if control in (None, value) else f"{float(str(control)):.6g}",
            )
        )
    return found
