"""All readers of files that are attacked."""

from tools.hardening.file_targets import FILE_TARGETS
from tools.hardening.learning_targets import LEARNING_TARGETS
from tools.hardening.result_targets import RESULT_TARGETS
from tools.hardening.targets import TARGETS

ALL = TARGETS + FILE_TARGETS + RESULT_TARGETS + LEARNING_TARGETS
