"""`-v` of every command: what the package tells the standard logging module."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from neurospine.run_output import err

Verbose = Annotated[
    int,
    typer.Option(
        "-v",
        "--verbose",
        count=True,
        metavar="",
        show_default=False,
        help="Say what is built, found and written; -vv says more.",
    ),
]
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class ConsoleHandler(logging.Handler):
    """Writes to standard error, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message, under the module that it is from."""
        place = record.name.removeprefix("neurospine.")
        text = f"{place}: {record.getMessage()}"
        err.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)


def listen(verbose: int) -> None:
    """Show messages of the package: nothing, what is done, or all."""
    logger = logging.getLogger("neurospine")
    level = _LEVELS[min(verbose, len(_LEVELS) - 1)]
    if not any(isinstance(handler, ConsoleHandler) for handler in logger.handlers):
        logger.addHandler(ConsoleHandler())
    logger.setLevel(level)


def with_verbose(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that also takes ``-v``."""

    @wraps(command)
    def telling(*words: Any, verbose: int = 0, **options: Any) -> None:
        if verbose:
            listen(verbose)
        command(*words, **options)

    own = inspect.signature(command, eval_str=True)
    more = inspect.Parameter(
        "verbose", inspect.Parameter.KEYWORD_ONLY, default=0, annotation=Verbose
    )
    whole = own.replace(parameters=[*own.parameters.values(), more])
    telling.__annotations__ = {p.name: p.annotation for p in whole.parameters.values()}
    telling.__signature__ = whole  # type: ignore[attr-defined]
    return telling
