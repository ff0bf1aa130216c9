"""All readers of files that are attacked."""

from tools.hardening.file_targets import FILE_TARGETS
from tools.hardening.targets import TARGETS

ALL = TARGETS + FILE_TARGETS
