"""Write ``docs/hardening.md`` from the results: ``python -m tools.hardening.page``.

The text is ``tools/hardening/page.md``, in which a line ``<!-- table: NAME -->`` stands for a table
in ``results.json``.
"""

import json
import re
from pathlib import Path

from tools.hardening.report import RESULTS, table

PAGE = Path(__file__).parents[2] / "docs" / "hardening.md"
_PLACE = re.compile(r"^<!-- table: (.+) -->$", re.MULTILINE)


def page() -> str:
    """Return the text with its tables."""
    results = json.loads(RESULTS.read_text())

    def shown(found: re.Match[str]) -> str:
        result = results[found[1]]
        return f"{table(result['rows'])}\n\n({result['where']}, seed {result['seed']})"

    return _PLACE.sub(shown, Path(__file__).with_name("page.md").read_text())


if __name__ == "__main__":
    PAGE.write_text(page())
