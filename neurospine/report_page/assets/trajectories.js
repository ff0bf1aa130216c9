// Lines of single spines, chosen by what they are and what became of them.

const FATES = {
  "": "any",
  born: "born meanwhile",
  lost: "lost meanwhile",
  through: "there all the time",
};

// Of more lines each is fainter.
const MANY = 40;

// Slots as people write them, such as "3, 10-20"; null for what is none.
function slotRanges(text) {
  const parts = text.split(/[,;\s]+/).filter(Boolean);
  const ranges = parts.map((part) => /^(\d+)(?:[-–](\d+))?$/.exec(part));
  if (ranges.includes(null)) return null;
  return ranges.map(([, low, high]) => [Number(low), Number(high ?? low)]);
}

function hasFate(spine, fate) {
  if (fate === "born") return spine.lives.some(([birth]) => birth !== null);
  if (fate === "lost") return spine.lives.some(([, death]) => death !== null);
  return spine.lives.every(([birth, death]) => birth === null && death === null);
}

// Distance in pixels from a point to a line through others.
function distanceTo(points, px, py) {
  let least = Infinity;
  points.forEach(([x, y], k) => {
    const [a, b] = points[Math.max(k - 1, 0)];
    const length = (x - a) ** 2 + (y - b) ** 2;
    const along = length ? Math.min(1, Math.max(0, ((px - a) * (x - a) + (py - b) * (y - b)) / length)) : 0;
    least = Math.min(least, Math.hypot(px - a - along * (x - a), py - b - along * (y - b)));
  });
  return least;
}

FIGURES.trajectories = (frame) => {
  const { data } = frame;
  const pools = data.pools.filter((pool) => pool.spines.length);
  const poolOf = frame.choice("Pool", pools.map(({ name }, k) => [k, plain(name)]));
  const pool = () => pools[Number(poolOf.value)];
  const names = [...new Set(pools.flatMap((one) => one.variables.map(({ name }) => name)))];
  const variable = frame.choice("Variable", names.map((name) => [name, plain(name)]));
  const condition = frame.condition({ all: true });
  const repeats = [...Array(data.repeats).keys()].map((k) => [k, k]);
  const repeat = frame.choice("Repeat", repeats.length > 1 ? [["", "all"], ...repeats] : repeats);
  const stages = [...new Set(pools.flatMap((one) => one.stages))];
  const stage = frame.choice("Stage at the end",
    stages.length ? [["", "any"], ...stages.map((name) => [name, plain(name)])] : [["", "any"]]);
  const lived = pools.some((one) => one.spines.some((spine) => !hasFate(spine, "through")));
  const fate = frame.choice("Born or lost", Object.entries(FATES).slice(0, lived ? 4 : 1));
  const time = frame.time();
  const slots = frame.add("Slots, such as 3, 10-20", make("input", { type: "text", size: "14", autocomplete: "off" }));
  const spineOf = frame.add("Spine to look at", make("select"));
  const log = frame.tick("Logarithmic", stages.length > 0);
  let drawn = [];

  function chosen() {
    const ranges = slotRanges(slots.value);
    slots.setAttribute("aria-invalid", ranges === null);
    return pool().spines.filter((spine) =>
      (condition.value === "" || spine.condition === Number(condition.value)) &&
      (data.repeats === 1 || repeat.value === "" || spine.repeat === Number(repeat.value)) &&
      (stage.value === "" || pool().stages[spine.end] === stage.value) &&
      (fate.value === "" || hasFate(spine, fate.value)) &&
      (!ranges?.length || ranges.some(([low, high]) => spine.slot >= low && spine.slot <= high)));
  }

  // The values of a spine in each of its lives: places among the times.
  function pieces(spine, values, { start, stop }) {
    return spine.lives.map(([birth, death]) => {
      const inside = pool().times.map((_, k) => k).filter((k) => values[k] !== null &&
        (birth === null || pool().times[k] >= birth) && (death === null || pool().times[k] < death));
      const seen = inside.filter((k) => pool().times[k] >= start && pool().times[k] <= stop);
      return { birth, death, places: seen };
    }).filter(({ places }) => places.length);
  }

  function offer(spines) {
    const before = spineOf.value;
    const text = (spine) => [`slot ${spine.slot}`, data.conditions[spine.condition],
      data.repeats > 1 ? `repeat ${spine.repeat}` : ""].filter(Boolean).join(", ");
    spineOf.replaceChildren(make("option", { value: "" }, "none"),
      ...spines.map((spine) => make("option", { value: spine.slot }, text(spine))));
    if (spines.some((spine) => String(spine.slot) === before)) spineOf.value = before;
  }

  function tell(spines, picked) {
    if (slots.getAttribute("aria-invalid") === "true") {
      frame.say("Slots are numbers and ranges, such as 3, 10-20.");
      return;
    }
    const all = pool().spines.length;
    let text = `${spines.length} of ${all} spines on this page drawn.`;
    if (!spines.length) text += " None is as chosen; a slot that is not on this page is in the result file.";
    if (picked) text += ` ${about(picked)}`;
    frame.say(text);
  }

  function about(spine) {
    const lives = spine.lives.map(([birth, death]) => {
      const born = birth === null ? "there at the start" : `born at ${inTime(birth, data.stop)}`;
      return `${born}, ${death === null ? "there at the end" : `lost at ${inTime(death, data.stop)}`}`;
    });
    const values = spine[variable.value] ?? [];
    const there = values.filter((value) => value !== null);
    const ends = there.length
      ? ` ${capital(plain(variable.value))} ${number(there[0])} when first seen, ${number(there[there.length - 1])} when last seen.`
      : "";
    const cells = `from cell ${spine.pre} to cell ${spine.post}`;
    return `Slot ${spine.slot} (${cells}; why it is shown: ${spine.why}): ${lives.join("; then ")}.${ends}`;
  }

  function show(width) {
    const spines = chosen();
    offer(spines);
    const described = pool().variables.find(({ name }) => name === variable.value);
    const span = frame.span(time);
    const { axis, of } = frame.timeAxis(span);
    const lines = spines.map((spine) => {
      const values = spine[variable.value] ?? [];
      return { spine, values, lives: pieces(spine, values, span) };
    });
    const values = lines.flatMap(({ values: own, lives }) => lives.map(({ places }) => places.map((k) => own[k])));
    const several = data.conditions.length > 1;
    const kinds = several ? data.conditions : pool().stages.length > 2 ? pool().stages.map(plain) : [""];
    const kind = (spine) => (several ? spine.condition : kinds.length > 1 ? spine.end : 0);
    const present = [...new Set(spines.map(kind))].sort((a, b) => a - b);
    const { drawing, inside, x, y } = plot({
      width,
      x: axis,
      y: { domain: extent(values, { log: log.checked }), log: log.checked,
        label: described ? withUnit(capital(described.meaning), described.unit) : capital(plain(variable.value)) },
      legend: kinds.length > 1 ? legendOf(kinds, present) : [],
      title: frame.title,
      words: `${spines.length} lines; their numbers are in a table below.`,
    });
    const picked = spines.find((spine) => String(spine.slot) === spineOf.value);
    drawn = [];
    const paths = lines.map(({ spine, values: own, lives }) => {
      const group = draw("g", { "data-slot": spine.slot, class: picked && picked !== spine ? "dim" : null });
      const style = `line ${styleOf(kind(spine), kinds.length)}` +
        (picked === spine ? " chosen" : spines.length > MANY ? " faint" : "");
      for (const { birth, death, places } of lives) {
        const points = places.map((k) => [x(of(pool().times[k])), y(own[k])]);
        drawn.push({ spine, points });
        const [a, b] = points[0];
        const text = points.length > 1
          ? `M${points.map(([c, d]) => `${c.toFixed(1)} ${d.toFixed(1)}`).join("L")}`
          : `M${(a - 2).toFixed(1)} ${b.toFixed(1)}h4`;
        group.append(draw("path", { class: style, d: text }));
        if (picked !== spine) continue;
        const [c, d] = points[points.length - 1];
        if (birth !== null) group.append(draw("path", { class: "mark", d: `M${a - 6} ${b + 6}l6 -10l6 10z` }));
        if (death !== null) group.append(draw("path", { class: "mark", d: `M${c - 5} ${d - 5}l10 10m0 -10l-10 10` }));
      }
      return group;
    });
    inside.append(...paths.filter((path) => path.getAttribute("data-slot") !== spineOf.value),
      ...paths.filter((path) => path.getAttribute("data-slot") === spineOf.value));
    drawing.addEventListener("click", (event) => pick(event, drawing));
    tell(spines, picked);
    return drawing;
  }

  function pick(event, drawing) {
    const box = drawing.getBoundingClientRect();
    const scale = drawing.viewBox.baseVal.width / box.width;
    const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    const near = drawn.map(({ spine, points }) => [distanceTo(points, px, py), spine.slot]);
    const [least, slot] = near.reduce((a, b) => (b[0] < a[0] ? b : a), [Infinity, ""]);
    spineOf.value = least < 20 ? String(slot) : "";
    frame.update();
  }

  const last = (values) => values.findLast((value) => value !== null) ?? null;
  const first = (values) => values.find((value) => value !== null) ?? null;
  const stageOf = (spine) => (spine.end === null ? "" : plain(pool().stages[spine.end]));
  const times = (spine, k) => spine.lives.map((life) => inTime(life[k], data.stop)).join("; ");
  frame.begin(show, () => ({
    caption: `Spines that are drawn: ${plain(variable.value)} when first and when last seen`,
    head: ["slot", "condition", "repeat", "born", "lost", "stage at the end", "first", "last", "why shown"],
    rows: chosen().map((spine) => [spine.slot, data.conditions[spine.condition], spine.repeat, times(spine, 0),
      times(spine, 1), stageOf(spine), first(spine[variable.value] ?? []), last(spine[variable.value] ?? []),
      spine.why]),
  }), () => ({
    head: ["pool", "slot", "condition", "repeat", "time (s)", ...pool().variables.map(({ name, unit: own }) => withUnit(name, own))],
    rows: chosen().flatMap((spine) => pool().times.map((at, k) => [pool().name, spine.slot,
      data.conditions[spine.condition], spine.repeat, at, ...pool().variables.map(({ name }) => spine[name][k])])),
  }));
};

// The legend of some of all kinds of lines; of many, a few in order.
function legendOf(kinds, present = kinds.map((_, k) => k)) {
  const most = 8;
  const some = present.length <= most ? present
    : [0, 1, 2, 3].map((k) => present[Math.round((k * (present.length - 1)) / 3)]);
  return some.map((k) => ({ label: kinds[k], style: styleOf(k, kinds.length) }));
}
