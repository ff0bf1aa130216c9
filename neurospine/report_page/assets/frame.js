// What every figure has: controls, a drawing, a sentence, its numbers, and files to save.

// Rows of numbers that are shown at most; the CSV file has all.
const MOST_ROWS = 300;
// Pixels that a drawing is wide at least, and where it is not known how wide it will be.
const [NARROWEST, USUAL] = [240, 640];

class Frame {
  constructor(figure, data) {
    this.data = data;
    this.title = document.getElementById(figure.closest("section").getAttribute("aria-labelledby"))
      .textContent;
    this.name = `${data.name}-${figure.dataset.kind}`;
    this.controls = make("div", { class: "controls", role: "group",
      "aria-label": `Choose what is shown: ${this.title}` });
    this.place = make("div", { class: "drawing" });
    this.said = make("output", { class: "said" });
    this.box = make("div", { class: "scroll", role: "region", tabindex: "0",
      "aria-label": `Numbers: ${this.title}` });
    this.numbers = make("details", { class: "numbers" }, make("summary", {}, "Numbers"), this.box);
    this.numbers.addEventListener("toggle", () => this.fillNumbers());
    const button = (text, action) => {
      const made = make("button", { type: "button" }, text);
      made.setAttribute("aria-label", `${text}: ${this.title}`);
      made.addEventListener("click", action);
      return made;
    };
    const files = make("div", { class: "save" },
      button("Save as SVG", () => this.saveDrawing()), button("Save as CSV", () => this.saveTable()));
    figure.append(this.controls, this.place, this.said, this.numbers, files);
  }

  add(label, element, kind = null) {
    const text = make("span", {}, label);
    this.controls.append(kind === "tick"
      ? make("label", { class: "tick" }, element, text)
      : make("label", { class: kind }, text, element));
    element.addEventListener(element.tagName === "SELECT" || kind === "tick" ? "change" : "input",
      () => this.update());
    return element;
  }

  // A choice among [value, text]; where there is only one it is made without asking.
  choice(label, options) {
    const element = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
    if (options.length > 1) this.add(label, element);
    return element;
  }

  tick(label, checked) {
    const element = make("input", { type: "checkbox", checked });
    return this.add(label, element, "tick");
  }

  condition({ all = false, among = null } = {}) {
    const places = among ?? this.data.conditions.map((_, k) => k);
    const options = places.map((k) => [k, this.data.conditions[k] || "all"]);
    const many = options.length > 1;
    return this.choice("Condition", many && all ? [["", "all"], ...options] : options);
  }

  time() {
    const phases = this.data.phases;
    const options = phases.map(({ name }, k) => [k, plain(name)]);
    return this.choice("Time", [["", "whole run"], ...(phases.length > 1 ? options : [])]);
  }

  // Start and stop (s) of a chosen time, and how its axis is called.
  span(chosen) {
    if (chosen.value === "") return { start: 0, stop: this.data.stop, from: "start of the run" };
    const { name, span } = this.data.phases[Number(chosen.value)];
    return { start: span[0], stop: span[1], from: `start of the phase ${plain(name)}` };
  }

  timeAxis({ start, stop, from }) {
    const [name, size] = timeUnit(stop - start);
    const label = `Time since ${from} (${name})`;
    return { axis: { domain: [0, (stop - start) / size], label }, of: (t) => (t - start) / size };
  }

  // `show(width)` gives a drawing; `rows()` its numbers; `all()`, if given, those of the CSV file.
  begin(show, rows, all = rows) {
    Object.assign(this, { show, rows, all });
    this.controls.hidden = !this.controls.children.length;
    this.update();
    new ResizeObserver(() => {
      const width = this.place.clientWidth;
      if (width && Math.max(width, NARROWEST) !== this.width) this.redraw();
    }).observe(this.place);
  }

  update() {
    this.redraw();
    this.fillNumbers();
  }

  redraw(width = this.place.clientWidth) {
    this.width = Math.max(width || USUAL, NARROWEST);
    this.place.replaceChildren(this.show(this.width));
  }

  say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  fillNumbers() {
    if (!this.numbers.open) return;
    const { head, rows, caption } = this.rows();
    const more = rows.length > MOST_ROWS;
    const left = more ? `; the first ${MOST_ROWS} of ${rows.length} rows, the CSV file has all` : "";
    this.box.replaceChildren(table(head, rows.slice(0, MOST_ROWS), `${caption}${left}`));
  }

  saveDrawing() {
    save(`${this.name}.svg`, "image/svg+xml", standalone(this.place.querySelector("svg")));
  }

  saveTable() {
    const { head, rows } = this.all();
    save(`${this.name}.csv`, "text/csv", csv(head, rows));
  }
}

const FIGURES = {};
