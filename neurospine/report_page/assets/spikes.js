// Spikes of some cells, and rates of whole populations.

FIGURES.raster = (frame) => {
  const { data } = frame;
  const { populations, conditions } = data.spikes;
  const condition = frame.choice("Condition", conditions.map((one, k) => [k, data.conditions[one.condition] || "all"]));
  const names = [...new Set(conditions.flatMap(({ windows }) => windows.map(({ name }) => name)))];
  const part = frame.choice("Part of the run", names.map((name) => [name, name]));
  const chosen = () => {
    const { windows } = conditions[Number(condition.value)];
    return windows.find(({ name }) => name === part.value) ?? windows[0];
  };

  function show(width) {
    const window = chosen();
    const { axis, of } = frame.timeAxis({ ...window,
      from: window.start === 0 ? "start of the run" : "start of this part" });
    const rows = sum(populations.map(({ cells }) => cells.length));
    const { drawing, inside, x, y } = plot({
      width,
      height: Math.min(460, 130 + rows * 7),
      x: axis,
      y: { domain: [0, rows], label: "Cells, one row each", rows: true },
      legend: populations.map(({ name }, k) => ({ label: plain(name), style: styleOf(k, Math.min(populations.length, 6)) })),
      title: frame.title,
      words: "A mark for every spike; numbers by cell are in a table below.",
    });
    const tall = y(0) - y(0.8);
    let below = rows;
    populations.forEach(({ name, cells }, k) => {
      const { time, row } = window.spikes[name];
      below -= cells.length;
      const marks = time.map((at, n) => `M${x(of(at)).toFixed(1)} ${y(below + row[n] + 0.1).toFixed(1)}v${(-tall).toFixed(1)}`);
      inside.append(draw("path", { class: `line ${styleOf(k, 1)}`.replace(/d\d/, ""), d: marks.join("") }),
        draw("path", { class: "grid", d: `M${x.range[0]} ${y(below)}H${x.range[1]}` }));
    });
    const spikes = sum(populations.map(({ name }) => window.spikes[name].time.length));
    const [length, since] = [window.stop - window.start, window.start];
    frame.say(`${number(spikes, 7)} spikes in ${inTime(length, length)}, from ${inTime(since, since || 1, 6)} of the run on.`);
    return drawing;
  }

  const counted = () => populations.flatMap(({ name, cells }) => {
    const { row } = chosen().spikes[name];
    return cells.map((cell, k) => [plain(name), cell, row.filter((own) => own === k).length]);
  });
  frame.begin(show, () => ({ caption: "Spikes of each cell in this part of the run",
    head: ["population", "cell", "spikes"], rows: counted() }),
  () => ({ head: ["population", "cell", "time (s)"],
    rows: populations.flatMap(({ name, cells }) => {
      const { time, row } = chosen().spikes[name];
      return time.map((at, k) => [name, cells[row[k]], at]);
    }) }));
};

FIGURES.rates = (frame) => {
  const { data } = frame;
  const { populations, conditions, bins } = data.spikes;
  const condition = frame.choice("Condition", conditions.map((one, k) => [k, data.conditions[one.condition] || "all"]));
  const population = frame.choice("Population",
    [...(populations.length > 1 ? [["", "all"]] : []), ...populations.map(({ name }) => [name, plain(name)])]);
  const shown = () => populations.map((one, k) => ({ ...one, k }))
    .filter(({ name }) => population.value === "" || population.value === name);
  const rates = () => conditions[Number(condition.value)].rates;

  function show(width) {
    const [start, stop] = [bins[0][0], bins[bins.length - 1][1]];
    const { axis, of } = frame.timeAxis({ start, stop,
      from: start === 0 ? "start of the run" : "start of the first spiking phase" });
    const own = shown();
    const { drawing, inside, x, y } = plot({
      width,
      height: 260,
      x: axis,
      y: { domain: [0, extent(own.map(({ name }) => rates()[name]))[1]], label: "Rate (Hz)" },
      legend: own.map(({ name, k }) => ({ label: plain(name), style: styleOf(k, 1) })),
      title: frame.title,
      words: "A line for each population; numbers are in a table below.",
    });
    for (const { name, k } of own) {
      const values = rates()[name];
      const places = bins.flatMap(([from, to]) => [of(from), of(to)]);
      inside.append(draw("path", { class: `line ${styleOf(k, 1)}`,
        d: pathOf(places, values.flatMap((value) => [value, value]), x, y) }));
    }
    frame.say(`Counted in stretches of ${inTime(bins[0][1] - bins[0][0], bins[0][1] - bins[0][0], 3)}, where neurons run.`);
    return drawing;
  }

  const table = () => ({
    caption: "Rates (Hz)",
    head: ["from (s)", "to (s)", ...shown().map(({ name }) => `${plain(name)} (Hz)`)],
    rows: rates()[populations[0].name].map((_, n) => [...bins[n],
      ...shown().map(({ name }) => rates()[name][n])]),
  });
  frame.begin(show, table);
};
