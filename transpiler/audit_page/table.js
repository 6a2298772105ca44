// The table: sorted, filtered, and with elements for the rows that can be seen only.

const BEYOND = 12; // rows above and below what can be seen
const PRINTED = 2000; // rows that are printed at most

const rank = (names, value) => {
  const at = names.indexOf(value);
  return at < 0 ? names.length : at;
};
const worst = (row) => Math.min(...row.outputs.map((state) => rank(Object.keys(STATES), state)), 99);
const listed = (values, most) =>
  values.length > most ? `${values.slice(0, most).join(", ")} and ${values.length - most} more` : values.join(", ");

const outputs = (row) => {
  if (row.status !== "compiled" && row.status !== "errors") return [tag(row.status, STATUS[row.status])];
  const states = Object.keys(STATES).filter((state) => row.outputs.includes(state));
  if (!states.length) return [tag("none", "none")];
  // A fresh output beside a stale one says nothing.
  const told = states.length > 1 ? states.filter((state) => state !== "fresh") : states;
  return told.map((state) => tag(state, STATES[state]));
};

// Each column: its title, the key it is sorted by, and what a cell holds. Numbers (and `most`) are sorted the largest
// first.
const COLUMNS = [
  { id: "name", title: "Repository", key: (row) => row.name },
  { id: "outputs", title: "Outputs", key: worst, cell: outputs },
  { id: "errors", title: "Errors", key: (row) => row.errors + (row.status === "compiled" || row.status === "errors" ? 0 : 0.5), number: true },
  { id: "warnings", title: "Warnings", key: (row) => row.warnings, number: true },
  { id: "rules", title: "House rules", key: (row) => row.rules.length, most: true, cell: (row) => [listed(row.rules, 2)] },
  { id: "losses", title: "Loses on", key: (row) => row.losses.length, most: true, cell: (row) => [row.losses.map((name) => about.targets[name]).join(", ")] },
  { id: "pipelines", title: "Pipelines", key: (row) => row.pipelines, number: true },
  { id: "dialect", title: "Dialect", key: (row) => row.dialect },
  { id: "profile", title: "Profile", key: (row) => row.profile },
];

let about, rows; // what the page is about, and a line for each repository
let shown = []; // the rows that pass the filters, sorted
let sorted = { column: "errors", down: true };
let active = 0; // the row that the keyboard is at
let printing = false;

const compare = (a, b) => (typeof a === "string" ? (a < b ? -1 : a > b ? 1 : 0) : a - b);

const sort = () => {
  const { key } = COLUMNS.find((column) => column.id === sorted.column);
  const sign = sorted.down ? -1 : 1;
  shown.sort((a, b) => sign * compare(key(a), key(b)) || compare(worst(a), worst(b)) || compare(a.name, b.name));
};

const sortBy = (column) => {
  const first = Boolean(column.number || column.most);
  sorted = { column: column.id, down: sorted.column === column.id ? !sorted.down : first };
  sort();
  active = 0;
  byId("scroller").scrollTop = 0;
  drawHead();
  draw();
};

const drawHead = () => {
  const focused = document.activeElement?.closest("th")?.dataset.column;
  byId("columns").replaceChildren(
    ...COLUMNS.map((column) => {
      const on = sorted.column === column.id;
      const way = on ? (sorted.down ? "descending" : "ascending") : "none";
      const sign = element("span", { "aria-hidden": "true" }, on ? (sorted.down ? " ▾" : " ▴") : "");
      const button = element("button", { type: "button", onclick: () => sortBy(column) }, column.title, sign);
      return element("th", { scope: "col", class: column.id, "data-column": column.id, "aria-sort": way }, button);
    }),
  );
  if (focused) document.querySelector(`th[data-column="${focused}"] button`).focus();
};

const drawRow = (row, index) => {
  const cells = COLUMNS.map((column) => {
    if (column.id === "name") {
      const button = element("button", { type: "button", tabindex: index === active ? 0 : -1 }, row.name);
      return element("th", { scope: "row", class: "name", title: row.name }, button);
    }
    const value = column.cell ? column.cell(row) : [column.number ? (row[column.id] ? number(row[column.id]) : "") : row[column.id]];
    const told = value.map((part) => part.textContent ?? part).join(" ");
    return element("td", { class: column.id, title: told || null }, ...value);
  });
  return element("tr", { "data-index": index, "aria-rowindex": index + 2 }, ...cells);
};

const rowHeight = () => parseFloat(getComputedStyle(byId("scroller")).getPropertyValue("--row"));

const space = (height) => {
  const row = element("tr", { class: "space", "aria-hidden": "true" });
  row.style.height = `${height}px`;
  return row;
};

// Draws the rows that can be seen. A row that had the focus and is gone gives it to the nearest one.
const draw = () => {
  const scroller = byId("scroller");
  const height = rowHeight();
  const focused = byId("rows").contains(document.activeElement);
  let first = Math.max(0, Math.floor(scroller.scrollTop / height) - BEYOND);
  let last = Math.min(shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + BEYOND);
  if (printing) [first, last] = [0, Math.min(shown.length, PRINTED)];
  active = Math.min(Math.max(active, first), Math.max(last - 1, 0));
  const drawn = shown.slice(first, last).map((row, at) => drawRow(row, first + at));
  const below = printing ? 0 : (shown.length - last) * height;
  byId("rows").replaceChildren(space(first * height), ...drawn, space(below));
  byId("table").setAttribute("aria-rowcount", shown.length + 1);
  byId("more").textContent = printing && last < shown.length ? `and ${number(shown.length - last)} more: filter the list to print them` : "";
  if (focused) focusActive();
};

const focusActive = () => document.querySelector(`#rows [data-index="${active}"] button`)?.focus({ preventScroll: true });

const moveTo = (index) => {
  const scroller = byId("scroller");
  const height = rowHeight();
  active = Math.min(Math.max(index, 0), shown.length - 1);
  const room = scroller.clientHeight - byId("columns").offsetHeight - height;
  if (active * height < scroller.scrollTop) scroller.scrollTop = active * height;
  else if (active * height > scroller.scrollTop + room) scroller.scrollTop = active * height - room;
  draw();
  focusActive();
};

const onKey = (event) => {
  const page = Math.max(1, Math.floor(byId("scroller").clientHeight / rowHeight()) - 2);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -shown.length, End: shown.length };
  if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  moveTo(active + steps[event.key]);
};
