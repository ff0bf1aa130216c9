"""For the gallery: pictures that neurospine draws, and the order of examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

ORDER = (
    "plot_stdp_window",
    "plot_living_spines",
    "plot_dopamine_delay",
    "plot_spines_on_dendrites",
    "plot_compare_disorder",
    "plot_network_statistics",
    "plot_own_rule",
    "plot_own_protocol",
)


class Pictures:
    """Takes figures that an example keeps in a variable and pyplot knows nothing of."""

    def __init__(self) -> None:
        self.seen: list[Figure] = []

    def __repr__(self) -> str:
        """Return the same text for every build, as Sphinx compares settings."""
        return "Pictures()"

    def __call__(self, block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
        """Write the new figures of a block and return what shows them."""
        paths = []
        for value in variables["example_globals"].values():
            drawn = isinstance(value, Figure) and not hasattr(value, "number")
            if drawn and not any(value is other for other in self.seen):
                self.seen.append(value)
                path = next(variables["image_path_iterator"])
                value.savefig(path, dpi=120)
                paths.append(path)
        return figure_rst(paths, settings["src_dir"])


class Order:
    """The place of an example: as listed above, and others after these."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, name: str) -> tuple[int, str]:
        """Return what examples are sorted by."""
        stem = Path(name).stem
        return (ORDER.index(stem) if stem in ORDER else len(ORDER), stem)


scraper = Pictures()


def _get_sg_image_scraper() -> Pictures:
    return scraper
