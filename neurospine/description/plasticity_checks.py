"""Checks of plasticity rules at load."""

from __future__ import annotations

from collections.abc import Mapping

from brian2 import meter, second
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension

from neurospine.description.checks import (
    at,
    check_cell,
    check_used,
    known_parameters,
    names_in,
    only_variables,
    same,
)
from neurospine.description.dimensions import check_equations, check_statements, dimension_of
from neurospine.description.expressions import Statement, identifiers, parse_statements
from neurospine.description.gates import linear_rate
from neurospine.description.names import check_name
from neurospine.description.plasticity_parts import (
    INHIBITION,
    LOCAL_PORTS,
    PlasticityPart,
)
from neurospine.description.units import dimensions
from neurospine.errors import ModelError, suggest

Names = Mapping[str, Dimension]
_RATE = DIMENSIONLESS / second.dim


def check_plasticity(part: PlasticityPart, origin: str) -> None:
    """Check a plasticity rule: closed names, consistent units, a drive without dimension."""
    _Check(part, origin).run()


class _Check:
    """One pass over a rule that remembers which names are known and used."""

    def __init__(self, part: PlasticityPart, origin: str) -> None:
        self.part, self.origin = part, origin
        self.parameters = known_parameters(part)
        self.local = {p: dimensions(u) for p, u in LOCAL_PORTS.items() if p in part.needs}
        self.used: set[str] = set()

    def run(self) -> None:
        part, origin = self.part, self.origin
        with at(origin, "presynaptic"):
            self.before, used = check_cell(part.presynaptic, self.parameters)
            self.used |= used
            if part.presynaptic.delay is not None:
                self._parameter("delay", part.presynaptic.delay, second.dim, "a time")
        with at(origin, "postsynaptic"):
            self.after = self._postsynaptic()
        with at(origin):
            clash = set(self.before) & set(self.after)
            if clash:
                raise ModelError(f"{min(clash)!r} is a variable of both cells; rename one")
        with at(origin, "synapse.variables"):
            self.own = self._own()
        self._inhibition()
        self._events()
        with at(origin, "start"):
            self._start()
        if part.folded and (part.continuous or part.follows):
            raise ModelError(f"{origin}: [folded]: a rule that follows the potential has none")
        if part.folded:
            with at(origin, "folded"):
                self._folded()
        if part.continuous:
            with at(origin, "continuous"):
                self._continuous()
        self._unread()
        check_used(part, origin, self.used)

    def _unread(self) -> None:
        """Raise a `ModelError` if what the rule asks for is not read."""
        part = self.part
        asked = {
            "synapse.normals": part.synapse.normals,
            "postsynaptic.delayed": tuple(part.postsynaptic.delayed),
            "needs": tuple(port for port in part.needs if port != "volume"),
        }
        for place, names in asked.items():
            for name in names:
                if name not in self.used:
                    raise ModelError(f"{self.origin}: [{place}]: {name!r} is not read anywhere")

    def _parameter(self, key: str, name: str, dimension: Dimension, what: str) -> None:
        if name not in self.parameters:
            raise ModelError(f"{key}: no parameter {name!r}. {suggest(name, self.parameters)}")
        if self.parameters[name] != dimension:
            raise ModelError(f"{key}: {name!r} is not {what}")
        self.used.add(name)

    def _postsynaptic(self) -> dict[str, Dimension]:
        section = self.part.postsynaptic
        equations, statements = section.parsed()
        local = {"voltage": self.local["voltage"]} if "voltage" in self.local else {}
        check_equations(equations, {**self.parameters, **local})
        variables = {e.name: dimensions(e.unit) for e in equations}
        only_variables(statements, variables)
        check_statements(statements, {**self.parameters, **variables})
        self.used |= names_in(equations, statements)
        if not self.part.follows and section.delayed:
            raise ModelError("delayed: goes with equations that read voltage")
        for equation in equations if self.part.follows else ():
            if not equation.differential or equation.flag:
                raise ModelError(f"{equation.name!r}: next to voltage all are 'd…/dt', no flags")
            linear_rate(equation)
        known = dict(variables)
        for name, delayed in section.delayed.items():
            check_name(name)
            if name in known or name in self.parameters:
                raise ModelError(f"delayed.{name}: is a name of something else too; rename one")
            if delayed.of not in variables:
                raise ModelError(
                    f"delayed.{name}: of: no variable {delayed.of!r}. "
                    f"{suggest(delayed.of, variables)}"
                )
            self._parameter(f"delayed.{name}: by", delayed.by, second.dim, "a time")
            known[name] = variables[delayed.of]
        return known

    def _own(self) -> dict[str, Dimension]:
        """Return the variables of a spine."""
        if any(e.expression or e.flag for e in self.part.own):
            raise ModelError("must be plain ones, such as 'efficacy : 1'")
        own = {e.name: dimensions(e.unit) for e in self.part.own}
        taken = {**self.parameters, **self.before, **self.after}
        for name in (*own, *self.part.synapse.normals):
            if name in taken or name in self.local:
                raise ModelError(f"{name!r} is a name of something else too; rename one")
        for name in self.part.synapse.normals:
            check_name(name)
        for port in self.part.provides:
            if port != "drive" and port not in own:
                raise ModelError(f"provides: {port!r} is no variable. {suggest(port, own)}")
            if port != "drive" and own[port] is not DIMENSIONLESS:
                raise ModelError(f"{port!r}: what is provided to other parts is a plain number")
        return own

    def _inhibition(self) -> None:
        part = self.part
        if (part.inhibition is None) != (INHIBITION not in part.needs):
            raise ModelError(f"{self.origin}: [inhibition] goes with needs = ['{INHIBITION}']")
        if part.inhibition:
            with at(self.origin, "inhibition"):
                self._parameter("range", part.inhibition.range, meter.dim, "a length")
                self._parameter("decay", part.inhibition.decay, second.dim, "a time")
            self.local[INHIBITION] = DIMENSIONLESS

    def _events(self) -> None:
        """Check what is done at a spine."""
        synapse = self.part.synapse
        known = {**self.parameters, **self.before, **self.after, **self.local}
        known |= {"volume": DIMENSIONLESS} if "volume" in self.part.needs else {}
        between = {"elapsed": second.dim, **dict.fromkeys(synapse.normals, DIMENSIONLESS)}
        if synapse.between and self.part.folded:
            raise ModelError(f"{self.origin}: [folded]: a rule with 'between' cannot be folded")
        for key, extra in (("between", between), ("on_pre", {}), ("on_post", {})):
            with at(self.origin, f"synapse.{key}"):
                fixed = {**known, **extra}
                statements = parse_statements(getattr(synapse, key))
                self._written(statements, fixed)
                after = check_statements(statements, {**fixed, **self.own})
                changes = {"drive", *self.own} & {s.name for s in statements}
                if statements and not changes:
                    raise ModelError("changes neither 'drive' nor a variable of the spine")
                if after.get("drive", DIMENSIONLESS) is not DIMENSIONLESS:
                    raise ModelError("must end with a plain number in 'drive'")
                self.used |= names_in((), statements)
        if synapse.normals and not synapse.between:
            raise ModelError(f"{self.origin}: [synapse]: normals: go with 'between'")
        texts = (synapse.between, synapse.on_pre, synapse.on_post)
        written = {s.name for text in texts for s in parse_statements(text)}
        acts = "drive" in written or self.part.continuous or self.part.start.drive
        if not acts and not written & set(self.part.ports):
            raise ModelError(f"{self.origin}: [synapse]: nothing sets 'drive' or another port")

    def _written(self, statements: tuple[Statement, ...], fixed: Names) -> None:
        written = {s.name for s in statements}
        if written & set(fixed):
            raise ModelError(f"{min(written & set(fixed))!r} cannot be changed here, only read")
        for name in sorted(written - {"drive", *self.own}):
            check_name(name)

    def _start(self) -> None:
        """Check the state at the start of a run."""
        start = self.part.start
        chances = (*start.uniforms, *start.normals)
        known = dict(self.parameters)
        for name in chances:
            check_name(name)
            taken = (*self.before, *self.after, *self.own, *self.part.synapse.normals)
            if name in known or name in taken:
                raise ModelError(f"{name!r} is a name of something else too; rename one")
            known[name] = DIMENSIONLESS
        for name, value in start.values.items():
            if name not in self.own:
                raise ModelError(f"values: no variable {name!r}. {suggest(name, self.own)}")
            if dimension_of(value, known) != self.own[name]:
                raise ModelError(f"values.{name}: {value!r} is not in its unit")
            known[name] = self.own[name]
            self.used |= identifiers(value)
        if start.drive is not None:
            if dimension_of(start.drive, known) is not DIMENSIONLESS:
                raise ModelError(f"drive: {start.drive!r} must be a plain number")
            self.used |= identifiers(start.drive)
        for name in sorted(set(chances) - self.used):
            raise ModelError(f"{name!r} is not used anywhere")

    def _trace(self, trace: str, time_constant: str) -> None:
        """Check that a presynaptic trace decays with a time constant."""
        if self.part.drive != "additive":
            raise ModelError("only an additive drive can be written so")
        if trace not in self.before:
            raise ModelError(f"trace {trace!r} is unknown. {suggest(trace, self.before)}")
        equations, _ = self.part.presynaptic.parsed()
        decay = next(e.expression for e in equations if e.name == trace)
        if not decay or not same(decay, f"-{trace}/{time_constant}"):
            raise ModelError(f"{trace!r} does not decay exponentially with {time_constant!r}")
        self.used.add(time_constant)

    def _folded(self) -> None:
        """Check that the folded form is the same rule."""
        folded = self.part.folded
        assert folded
        self._trace(folded.trace, folded.time_constant)
        dimension_of(folded.gain, {**self.parameters, **self.after})
        on_post = parse_statements(self.part.synapse.on_post)
        if len(on_post) != 1:
            raise ModelError("synapse.on_post must be one statement to be folded")
        if not same(on_post[0].expression, f"{folded.trace}*({folded.gain})"):
            raise ModelError("trace times gain is not the drive of synapse.on_post")
        self.used |= identifiers(folded.gain)

    def _continuous(self) -> None:
        continuous = self.part.continuous
        assert continuous
        self._trace(continuous.trace, continuous.time_constant)
        known = {**self.parameters, **self.after}
        known |= {"voltage": self.local["voltage"]} if "voltage" in self.local else {}
        if dimension_of(continuous.gain, known) != _RATE:
            raise ModelError(f"gain: {continuous.gain!r} is not a rate (1/time)")
        if not self.part.follows:
            raise ModelError(f"gain: {continuous.gain!r}: nothing in it follows 'voltage'")
        if self.part.synapse.between or self.part.synapse.on_post:
            raise ModelError("a rule with a continuous drive has no 'between' and no 'on_post'")
        self.used |= identifiers(continuous.gain)
