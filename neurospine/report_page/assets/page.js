// What happens when the page is there: figures, filters of tables, the choice of a run, printing.

// Width in pixels of drawings on paper.
const PAPER = 660;

const read = new Map();
function dataOf(run) {
  if (!read.has(run)) read.set(run, JSON.parse(document.getElementById(`${run}-data`).textContent));
  return read.get(run);
}

const frames = [...document.querySelectorAll("figure[data-kind]")].map((figure) => {
  const frame = new Frame(figure, dataOf(figure.dataset.run));
  FIGURES[figure.dataset.kind](frame);
  return frame;
});

for (const filtered of document.querySelectorAll("table.filtered")) {
  const rows = [...filtered.tBodies[0].rows];
  const input = make("input", { type: "text", autocomplete: "off" });
  const said = make("output", {});
  const told = () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
    }
    said.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  input.addEventListener("input", told);
  filtered.parentElement.before(make("p", { class: "filter" },
    make("label", {}, `${filtered.dataset.filter} `, input), said));
  told();
}

const runs = [...document.querySelectorAll("section.run")];
if (runs.length > 1) {
  const chooser = make("select", {}, make("option", { value: "" }, "all runs"),
    ...runs.map((run) => make("option", { value: run.id }, run.dataset.name)));
  chooser.addEventListener("change", () => {
    for (const run of runs) run.hidden = chooser.value !== "" && run.id !== chooser.value;
    if (chooser.value) document.getElementById(chooser.value).scrollIntoView();
  });
  document.querySelector("nav ul").append(make("li", { class: "chooser" },
    make("label", {}, "Show ", chooser)));
}

const bibtex = document.getElementById("bibtex");
const button = make("button", { type: "button" }, "Save as BibTeX");
button.addEventListener("click", () => save("sources.bib", "text/x-bibtex", bibtex.textContent));
bibtex.parentElement.after(make("div", { class: "save" }, button));

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details.part:not([open])")];
  for (const part of closed) part.open = true;
  for (const frame of frames) frame.redraw(PAPER);
});
addEventListener("afterprint", () => {
  for (const part of closed) part.open = false;
  for (const frame of frames) frame.redraw();
});
