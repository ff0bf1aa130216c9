// Elements, numbers as people read them, and files to save.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

function number(value, digits = 3) {
  if (value === null || !Number.isFinite(value)) return "–";
  const text = Number(value.toPrecision(digits));
  const size = Math.abs(text);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return text.toExponential();
  return text.toLocaleString("en", { maximumFractionDigits: 12 });
}

const plain = (name) => name.replaceAll("_", " ");

const UNITS = { "um**3": "µm³", "um**2": "µm²", um: "µm" };
const unit = (name) => UNITS[name] ?? name;
const withUnit = (text, name) => (name === "1" ? text : `${text} (${unit(name)})`);
const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

// The unit in which a length of time (s) is counted.
const TIMES = [["days", 86400], ["hours", 3600], ["minutes", 60], ["s", 1], ["ms", 1e-3]];
function timeUnit(length) {
  return TIMES.find(([, size]) => length >= (size === 1 ? 1 : 2 * size)) ?? TIMES[TIMES.length - 1];
}

function inTime(seconds, length, digits = 4) {
  if (seconds === null) return "–";
  const [name, size] = timeUnit(length);
  return `${number(seconds / size, digits)} ${name}`;
}

function table(head, rows, caption) {
  const cell = (value) => make("td", { class: typeof value === "number" ? "number" : null },
    typeof value === "number" ? number(value, 4) : value ?? "–");
  return make("table", {},
    make("caption", {}, make("span", {}, caption)),
    make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))));
}

// Text as a field of CSV; one that a spreadsheet would take for a formula is kept from it.
function field(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csv = (head, rows) =>
  [head, ...rows].map((row) => row.map(field).join(",")).join("\n") + "\n";

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family",
  "font-size", "font-weight", "stroke-linejoin"];

// A drawing as a file of its own: every element has its style, in light colours.
function standalone(drawing) {
  const copy = drawing.cloneNode(true);
  drawing.setAttribute("data-theme", "light");
  const [from, to] = [drawing, copy].map((one) => [one, ...one.querySelectorAll("*")]);
  from.forEach((element, k) => {
    const style = getComputedStyle(element);
    for (const name of KEPT) {
      const value = style.getPropertyValue(name);
      if (value) to[k].setAttribute(name, value);
    }
    to[k].removeAttribute("class");
  });
  drawing.removeAttribute("data-theme");
  copy.setAttribute("xmlns", SVG);
  const box = copy.viewBox.baseVal;
  copy.prepend(draw("rect", { width: box.width, height: box.height, fill: "#ffffff" }));
  return new XMLSerializer().serializeToString(copy);
}
