"""Import Brian2 without its report of uncaught errors.

Brian2 asks users to report every uncaught error to its developers; an error
about a model or a protocol is not theirs to mend.
"""

import sys

_before = sys.excepthook
import brian2  # noqa: E402, F401

sys.excepthook = _before
