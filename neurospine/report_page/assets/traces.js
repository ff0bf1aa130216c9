// Recorded variables: neuromodulators, and neurons.

function traced(frame, found) {
  const { data } = frame;
  const population = frame.choice("Recorded from", found.map(({ population: name }, k) => [k, plain(name)]));
  const own = () => found[Number(population.value)];
  const names = [...new Set(found.flatMap(({ variables }) => variables.map(({ name }) => name)))];
  const variable = frame.choice("Variable", names.map((name) => [name, plain(name)]));
  const among = [...new Set(found.flatMap(({ lines }) => lines.map((line) => line.condition)))];
  const condition = frame.condition({ all: true, among });
  const time = frame.time();
  const lines = () => own().lines.filter((line) => line.variable === variable.value &&
    (condition.value === "" || among.length === 1 || line.condition === Number(condition.value)));

  // What tells lines apart: conditions, or cells.
  function label(line) {
    const cells = new Set(own().lines.map(({ cell }) => cell)).size;
    const words = data.conditions[line.condition];
    return cells > among.length || !words ? `cell ${line.cell}${words ? `, ${words}` : ""}` : words;
  }

  function show(width) {
    const span = frame.span(time);
    const { axis, of } = frame.timeAxis(span);
    const every = own().lines.filter((line) => line.variable === variable.value);
    const described = own().variables.find(({ name }) => name === variable.value);
    const seen = lines().map((line) => {
      const places = line.time.map((_, k) => k).filter((k) => line.time[k] >= span.start && line.time[k] <= span.stop);
      return { line, time: places.map((k) => of(line.time[k])), value: places.map((k) => line.value[k]) };
    });
    const labels = every.map(label);
    const present = seen.map(({ line }) => every.indexOf(line));
    const { drawing, inside, x, y } = plot({
      width,
      height: 300,
      x: axis,
      y: { domain: extent(seen.map(({ value }) => value)),
        label: described ? withUnit(capital(described.meaning || plain(described.name)), described.unit) : "" },
      legend: labels.length > 1 ? legendOf(labels, present) : [],
      title: frame.title,
      words: `${seen.length} lines; their range is in a table below.`,
    });
    for (const { line, time: times, value } of seen) {
      inside.append(draw("path", { class: `line ${styleOf(every.indexOf(line), every.length)}`,
        d: pathOf(times, value, x, y) }));
    }
    frame.say(seen.length ? `${seen.length} lines.` : "This was not recorded there.");
    return drawing;
  }

  frame.begin(show, () => ({
    caption: `Lowest and highest ${plain(variable.value)} of each line, in the whole run`,
    head: ["line", "lowest", "highest", "first", "last"],
    rows: lines().map((line) => [label(line), ...extent([line.value], { room: 0 }), line.value[0],
      line.value[line.value.length - 1]]),
  }), () => ({
    head: ["condition", "cell", "time (s)", variable.value],
    rows: lines().flatMap((line) => line.time.map((at, k) => [data.conditions[line.condition], line.cell, at, line.value[k]])),
  }));
}

FIGURES.modulators = (frame) => traced(frame, frame.data.modulators);
FIGURES.traces = (frame) => traced(frame, frame.data.traces);
