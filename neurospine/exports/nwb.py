"""A result as an NWB file (Neurodata Without Borders 2), through pynwb."""

from __future__ import annotations

from pathlib import Path

from neurospine.errors import ResultError
from neurospine.exports.opened import Progress, opened
from neurospine.results.files import written_aside
from neurospine.results.trajectory import check_output


def export_nwb(
    path: str | Path,
    output: str | Path | None = None,
    *,
    experimenter: str | None = None,
    institution: str | None = None,
    species: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a result as an NWB file, streamed: memory does not grow with the file.

    Parameters
    ----------
    path
        A file that `run` or `simulate` wrote.
    output
        The file to write, by default the name of `path` with ``.nwb``.
    experimenter, institution
        Who ran it and where, as in ``"Family, Given"``; left out where not given.
    species
        The species that the model stands for, as in ``"Mus musculus"``; by default the file
        says that there is none.
    force
        Replace a file that is there.
    progress
        Called now and then with the share that is done.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ResultError
        If pynwb is not installed, the file is no result of a run, or the output cannot be
        written; then no file is left.
    """
    try:
        import pynwb
    except ImportError:
        raise ResultError(
            "NWB files need pynwb, which is not installed: pip install 'neurospine[nwb]'"
        ) from None
    from neurospine.exports.nwb_file import nwb_file
    from neurospine.exports.nwb_series import Filling

    with opened(path) as result:
        target = Path(output) if output is not None else result.path.with_suffix(".nwb")
        check_output(target, force=force)
        if target.suffix != ".nwb":
            raise ResultError(f"{target}: must end in .nwb, as readers go by the name")
        filling = Filling()
        who = {"experimenter": experimenter, "institution": institution, "species": species}
        try:
            content = nwb_file(result, filling, **who)
        except (OSError, LookupError) as error:
            raise ResultError(f"{result.path}: not a readable result file ({error})") from None
        done = 0

        def moved(size: int) -> None:
            nonlocal done
            done += size
            if progress:
                progress(min(done / max(filling.size, 1), 1.0))

        with written_aside(target) as aside, pynwb.NWBHDF5IO(aside, "w") as io:
            io.write(content, link_data=False)
            filling.fill(moved)
    if progress:
        progress(1.0)
    return target
