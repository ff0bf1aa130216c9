// How large all spines of a pool are, at any of the snapshots.

const sum = (values) => values.reduce((a, b) => a + b, 0);

FIGURES.sizes = (frame) => {
  const { data } = frame;
  const pools = data.pools.filter(({ sizes }) => sizes.counts.some((groups) => groups.some((bins) => sum(bins))));
  const poolOf = frame.choice("Pool", pools.map(({ name }, k) => [k, plain(name)]));
  const pool = () => pools[Number(poolOf.value)];
  const pooled = pools[0].sizes.counts[0].length !== data.conditions.length;
  const condition = frame.condition({ all: true, among: pooled ? [] : null });
  const slider = make("input", { type: "range", min: 0, step: 1,
    max: pools[0].sizes.times.length - 1, value: pools[0].sizes.times.length - 1 });
  frame.add("Time (snapshot)", slider, "wide");

  // Spines in each bin at a snapshot, of the condition that is chosen.
  function bins(place) {
    const groups = pool().sizes.counts[place];
    if (condition.value !== "" && !pooled) return groups[Number(condition.value)];
    return groups[0].map((_, k) => sum(groups.map((own) => own[k])));
  }

  function median(counts, edges) {
    const half = sum(counts) / 2;
    let below = 0;
    for (let k = 0; k < counts.length; k += 1) {
      if (below + counts[k] >= half && counts[k]) {
        return edges[k] * (edges[k + 1] / edges[k]) ** ((half - below) / counts[k]);
      }
      below += counts[k];
    }
    return null;
  }

  function show(width) {
    const { times, edges, counts } = pool().sizes;
    slider.max = times.length - 1;
    slider.disabled = times.length < 2;
    const place = Number(slider.value);
    const now = bins(place);
    const then = bins(0);
    const highest = Math.max(...counts.map((_, k) => Math.max(...bins(k))), 1);
    const at = inTime(times[place], data.stop);
    slider.setAttribute("aria-valuetext", at);
    const { drawing, inside, x, y } = plot({
      width,
      height: 290,
      x: { domain: [edges[0] / 1.02, edges[edges.length - 1] * 1.02], log: true, label: "Head volume (µm³)" },
      y: { domain: [0, highest * 1.05], label: "Spines in a bin" },
      legend: [{ label: `at ${at}`, style: "f0", box: true }, { label: `at ${inTime(times[0], data.stop)}`, style: "outline" }],
      title: frame.title,
      words: `Histogram at ${at}; its numbers are in a table below.`,
    });
    now.forEach((count, k) => {
      const [left, right] = [x(edges[k]), x(edges[k + 1])];
      inside.append(draw("rect", { class: "f0", x: left + 0.5, width: Math.max(right - left - 1, 0.5),
        y: y(count), height: y(0) - y(count), opacity: 0.75 }));
    });
    const steps = then.map((count, k) => `V${y(count).toFixed(1)}H${x(edges[k + 1]).toFixed(1)}`);
    inside.append(draw("path", { class: "outline", d: `M${x(edges[0])} ${y(0)}${steps.join("")}V${y(0)}` }));
    const middle = median(now, edges);
    frame.say(`At ${at}: ${number(sum(now), 7)} spines` +
      (middle === null ? "." : `, half of them smaller than about ${number(middle, 2)} µm³.`));
    return drawing;
  }

  const head = ["from (µm³)", "to (µm³)", "spines", "spines at the start"];
  frame.begin(show, () => {
    const { edges } = pool().sizes;
    const [now, then] = [bins(Number(slider.value)), bins(0)];
    return { head, rows: now.map((count, k) => [edges[k], edges[k + 1], count, then[k]]),
      caption: `Spines by size at ${inTime(pool().sizes.times[Number(slider.value)], data.stop)}` };
  }, () => {
    const { times, edges } = pool().sizes;
    return { head: ["time (s)", ...head.slice(0, 3)],
      rows: times.flatMap((at, place) => bins(place).map((count, k) => [at, edges[k], edges[k + 1], count])) };
  });
};
