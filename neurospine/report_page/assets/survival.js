// Survival curves with their intervals.

FIGURES.survival = (frame) => {
  const { data } = frame;
  const distinct = (key) => [...new Set(data.survival.map((one) => one[key]))];
  const choose = (label, key) => frame.choice(label, distinct(key).map((name) => [name, plain(name)]));
  const pool = choose("Pool", "pool");
  const phase = choose("Observed through", "phase");
  const of = choose("Whose lives", "of");
  const condition = frame.condition({ all: true });
  const whole = frame.tick("Axis from 0", false);

  const found = () => data.survival.find((one) =>
    one.pool === pool.value && one.phase === phase.value && one.of === of.value);
  const curves = () => (found()?.curves ?? []).filter((curve) =>
    data.conditions.length === 1 || condition.value === "" || curve.condition === Number(condition.value));

  function show(width) {
    const length = found()?.length ?? data.stop;
    const [name, size] = timeUnit(length);
    const own = curves();
    const [lowest] = extent([[1], ...own.flatMap(({ low, value }) => [low, value])], { room: 0 });
    const { drawing, inside, x, y } = plot({
      width,
      x: { domain: [0, length / size], label: `Lag (${name})` },
      y: { domain: [whole.checked ? 0 : Math.max(0, lowest - 0.08 * (1 - lowest)), 1], label: "Share alive" },
      legend: data.conditions.length > 1 ? legendOf(data.conditions, own.map((curve) => curve.condition)) : [],
      title: frame.title,
      words: `${own.length} curves; their numbers are in a table below.`,
    });
    for (const curve of own) {
      const lag = curve.lag.map((value) => value / size);
      const style = styleOf(curve.condition, data.conditions.length);
      if (own.length <= 6) {
        const fillOf = /^c(\d)/.exec(style)?.[1] ?? 0;
        inside.append(draw("path", { class: `band f${fillOf}`, d: bandOf(lag, curve.low, curve.high, x, y) }));
      }
    }
    for (const curve of own) {
      const lag = curve.lag.map((value) => value / size);
      const style = styleOf(curve.condition, data.conditions.length);
      inside.append(draw("path", { class: `line ${style}`, d: pathOf(lag, curve.value, x, y) }));
    }
    const lives = sum(own.map((curve) => curve.lives));
    const died = sum(own.map((curve) => curve.died));
    frame.say(own.length
      ? `${number(lives, 9)} spines ${of.value}, of which ${number(died, 9)} were lost.`
      : "No spine was lost among these.");
    return drawing;
  }

  const rows = () => curves().flatMap((curve) => curve.lag.map((lag, k) => [data.conditions[curve.condition], lag,
    curve.value[k], curve.low[k], curve.high[k], curve.lives]));
  frame.begin(show, () => ({
    caption: `Share of spines ${of.value} that are alive after a lag, ${plain(phase.value)}`,
    head: ["condition", "lag", "share alive", "low", "high", "spines"],
    rows: rows().map(([name, lag, ...rest]) => [name, inTime(lag, found().length), ...rest]),
  }), () => ({ head: ["condition", "lag (s)", "share alive", "low", "high", "spines"], rows: rows() }));
};
