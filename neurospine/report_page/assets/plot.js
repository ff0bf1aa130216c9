// A drawing with two axes and a legend; what is drawn into it comes from the figures.

// Width in pixels of a letter, about.
const LETTER = 7;

// Class names of the n-th of some lines: a colour, then a dash; of many in order, a ramp.
function styleOf(n, total) {
  if (total > 6) return `r${Math.floor((n * 8) / total)}`;
  return `c${n % 6} d${Math.floor(n / 6) % 4}`;
}

function plot({ width, height = 330, x, y, legend = [], title, words = "" }) {
  const drawing = draw("svg", { class: "plot", width, role: "img", "aria-label": `${title}. ${words}` });
  const rows = legendRows(legend, width - 16);
  const top = 26 + rows.length * 18;
  const area = { left: 56, top, right: width - 14, bottom: height - 44 + rows.length * 18 };
  const total = area.bottom + 44;
  drawing.setAttribute("viewBox", `0 0 ${width} ${total}`);
  drawing.setAttribute("height", total);
  const across = (x.log ? logarithmic : linear)(x.domain, [area.left, area.right]);
  const up = (y.log ? logarithmic : linear)(y.domain, [area.bottom, area.top]);
  const axes = draw("g", { "aria-hidden": "true" });
  for (const value of y.rows ? [] : up.ticks(5)) {
    const place = up(value);
    axes.append(draw("path", { class: "grid", d: `M${area.left} ${place}H${area.right}` }));
    axes.append(draw("text", { x: area.left - 7, y: place + 4, "text-anchor": "end", class: "soft" },
      number(value)));
  }
  let free = -Infinity;
  for (const value of across.ticks(Math.max(2, Math.floor(width / 110)))) {
    const place = across(value);
    const text = number(value, 6);
    axes.append(draw("path", { class: "axis", d: `M${place} ${area.bottom}v5` }));
    if (place - (text.length * LETTER) / 2 < free) continue;
    free = place + (text.length * LETTER) / 2 + 6;
    axes.append(draw("text", { x: place, y: area.bottom + 19, "text-anchor": "middle", class: "soft" },
      text));
  }
  axes.append(draw("path", { class: "axis", d: `M${area.left} ${area.bottom}H${area.right}` }));
  axes.append(draw("text", { x: area.right, y: area.bottom + 38, "text-anchor": "end" }, x.label));
  axes.append(draw("text", { x: 2, y: top - 11 }, y.label));
  drawing.append(axes, ...drawLegend(rows));
  const inside = draw("g");
  const clip = `clip-${(plot.count = (plot.count ?? 0) + 1)}`;
  const { left, right, bottom } = area;
  drawing.append(draw("clipPath", { id: clip }, draw("rect", {
    x: left - 1, y: top - 4, width: right - left + 2, height: bottom - top + 8 })));
  inside.setAttribute("clip-path", `url(#${clip})`);
  drawing.append(inside);
  return { drawing, inside, x: across, y: up, area };
}

function legendRows(legend, width) {
  const rows = [];
  let used = Infinity;
  for (const entry of legend) {
    const size = entry.label.length * LETTER + 40;
    if (used + size > width) {
      rows.push([]);
      used = 0;
    }
    rows[rows.length - 1].push({ ...entry, left: used + 2 });
    used += size;
  }
  return rows;
}

function drawLegend(rows) {
  return rows.flatMap((row, k) => row.map(({ label, style, box, left }) => {
    const y = 10 + k * 18;
    const sign = box
      ? draw("rect", { x: left, y: y - 5, width: 18, height: 10, class: style })
      : draw("path", { d: `M${left} ${y}h20`, class: `line ${style}` });
    return draw("g", { "aria-hidden": "true" }, sign,
      draw("text", { x: left + 25, y: y + 4 }, label));
  }));
}

// A line through points; it is broken where there is none.
function pathOf(xs, ys, x, y, step = false) {
  let text = "";
  let pen = "M";
  xs.forEach((value, k) => {
    if (value === null || ys[k] === null || (x.log && value <= 0)) {
      pen = "M";
      return;
    }
    const [a, b] = [x(value).toFixed(1), y(ys[k]).toFixed(1)];
    text += step && pen === "L" ? `H${a}V${b}` : `${pen}${a} ${b}`;
    pen = "L";
  });
  return text;
}

// The area between two lines over the same places.
function bandOf(xs, low, high, x, y) {
  const places = xs.map((_, k) => k).filter((k) => low[k] !== null && high[k] !== null);
  if (places.length < 2) return "";
  const point = (k, ys) => `${x(xs[k]).toFixed(1)} ${y(ys[k]).toFixed(1)}`;
  const there = places.map((k) => point(k, high));
  const back = places.reverse().map((k) => point(k, low));
  return `M${[...there, ...back].join("L")}Z`;
}
