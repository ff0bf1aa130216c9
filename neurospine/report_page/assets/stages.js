// Sites in each stage over time, and where they went from the first to the last snapshot.

const stageFill = (k) => (k === 0 ? "empty" : `f${(k - 1) % 6}`);

FIGURES.stages = (frame) => {
  const { data } = frame;
  const pools = data.pools.filter(({ flow }) => flow);
  const poolOf = frame.choice("Pool", pools.map(({ name }, k) => [k, plain(name)]));
  const flow = () => pools[Number(poolOf.value)].flow;
  const pooled = pools[0].flow.counts[0].length !== data.conditions.length;
  const condition = frame.condition({ all: true, among: pooled ? [] : null });
  const time = frame.time();
  const empty = frame.tick("Empty sites", false);

  function counts(place) {
    const groups = flow().counts[place];
    if (condition.value !== "" && !pooled) return groups[Number(condition.value)];
    return groups[0].map((_, k) => sum(groups.map((own) => own[k])));
  }

  function show(width) {
    const span = frame.span(time);
    const { axis, of } = frame.timeAxis(span);
    const { times, stages } = flow();
    const places = times.map((_, k) => k).filter((k) => times[k] >= span.start && times[k] <= span.stop);
    const shown = stages.map((_, k) => k).filter((k) => k > 0 || empty.checked).reverse();
    const all = places.map(counts);
    const highest = Math.max(...all.map((own) => sum(shown.map((k) => own[k]))), 1);
    const { drawing, inside, x, y } = plot({
      width,
      height: 300,
      x: axis,
      y: { domain: [0, highest * 1.03], label: "Sites" },
      legend: shown.map((k) => ({ label: plain(stages[k]), style: stageFill(k), box: true })),
      title: frame.title,
      words: "Stacked numbers of sites in each stage; they are in a table below.",
    });
    const across = places.map((k) => of(times[k]));
    let below = all.map(() => 0);
    for (const stage of shown) {
      const above = all.map((own, k) => below[k] + own[stage]);
      inside.append(draw("path", { class: stageFill(stage), opacity: 0.8, d: bandOf(across, below, above, x, y) }));
      below = above;
    }
    const [now, then] = [all[all.length - 1], all[0]];
    if (now) {
      frame.say(`From first to last: ${stages.map((name, k) =>
        `${plain(name)} ${number(then[k], 7)} to ${number(now[k], 7)}`).join(", ")}.`);
    } else frame.say("There is no snapshot in this time.");
    return drawing;
  }

  const table = () => ({ head: ["time (s)", ...flow().stages.map(plain)],
    rows: flow().times.map((at, k) => [at, ...counts(k)]) });
  frame.begin(show, () => {
    const { head, rows } = table();
    return { caption: "Sites in each stage", head: ["time", ...head.slice(1)],
      rows: rows.map(([at, ...own]) => [inTime(at, data.stop), ...own]) };
  }, table);
};

FIGURES.moves = (frame) => {
  const { data } = frame;
  const pools = data.pools.filter(({ moves }) => moves);
  const poolOf = frame.choice("Pool", pools.map(({ name }, k) => [k, plain(name)]));
  const pool = () => pools[Number(poolOf.value)];
  const pooled = pools[0].moves.counts.length !== data.conditions.length;
  const condition = frame.condition({ all: true, among: pooled ? [] : null });

  const some = (groups, add) => (condition.value !== "" && !pooled
    ? groups[Number(condition.value)] : groups.reduce(add));
  const matrix = () => some(pool().moves.counts, (a, b) => a.map((row, i) => row.map((n, j) => n + b[i][j])));

  function show(width) {
    const counts = matrix().map((row, i) => row.map((n, j) => (i === 0 && j === 0 ? 0 : n)));
    const names = pool().stages.map(plain);
    const order = names.map((_, k) => k).reverse();
    const [from, to] = pool().moves.times.map((at) => inTime(at, data.stop));
    const total = Math.max(sum(counts.map(sum)), 1);
    const [top, height, gap, bar] = [30, 250, 10, 14];
    const [left, right] = [112, width - 112];
    const scale = (height - gap * (names.length - 1)) / total;
    const drawing = draw("svg", { class: "plot", width, height: top + height + 16,
      viewBox: `0 0 ${width} ${top + height + 16}`, role: "img",
      "aria-label": `${frame.title}. Flows between stages; their numbers are in a table below.` });
    const at = (side) => draw("text", side);
    const heads = [at({ x: left, y: 14, "text-anchor": "end" }), at({ x: right, y: 14 })];
    heads.forEach((head, k) => head.append([`at ${from}`, `at ${to}`][k]));
    drawing.append(...heads);
    const columns = [counts.map(sum), names.map((_, j) => sum(counts.map((row) => row[j])))];
    const starts = columns.map((sizes) => {
      let y = top;
      const found = [];
      for (const k of order) {
        found[k] = y;
        y += sizes[k] * scale + gap;
      }
      return found;
    });
    const used = starts.map((column) => [...column]);
    for (const i of order) {
      for (const j of order) {
        const size = counts[i][j] * scale;
        if (!size) continue;
        const [a, b] = [used[0][i], used[1][j]];
        used[0][i] += size;
        used[1][j] += size;
        const [p, q, middle] = [left + bar, right - bar, (left + right) / 2];
        drawing.append(draw("path", { class: `ribbon ${stageFill(i)}`,
          d: `M${p} ${a}C${middle} ${a} ${middle} ${b} ${q} ${b}V${b + size}` +
            `C${middle} ${b + size} ${middle} ${a + size} ${p} ${a + size}Z` },
        draw("title", {}, `${names[i]} to ${names[j]}: ${counts[i][j]}`)));
      }
    }
    columns.forEach((sizes, side) => sizes.forEach((size, k) => {
      if (!size) return;
      const y = starts[side][k];
      const x = side ? right - bar : left;
      drawing.append(draw("rect", { class: stageFill(k), x, y, width: bar, height: Math.max(size * scale, 1) }),
        draw("text", { x: side ? right + 7 : left - 7, y: y + (size * scale) / 2 + 4,
          "text-anchor": side ? "start" : "end" }, `${names[k]} ${number(size, 7)}`));
    }));
    const stayed = matrix()[0][0];
    const { replaced } = pool().moves;
    const other = replaced ? some(replaced, (a, b) => a + b) : null;
    frame.say(`${number(stayed, 7)} sites were empty at both times and are not drawn.` +
      (other === null ? "" : ` ${number(other, 7)} sites that hold a spine at both times hold another one at the end.`));
    return drawing;
  }

  const rows = () => ({
    caption: "Sites by stage at the first snapshot (rows) and at the last (columns)",
    head: ["from", ...pool().stages.map((name) => `to ${plain(name)}`)],
    rows: matrix().map((row, k) => [plain(pool().stages[k]), ...row]),
  });
  frame.begin(show, rows);
};
