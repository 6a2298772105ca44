// A repository that is opened: everything that is known of it.

const blocks = new Map();

const detail = async (index) => {
  const block = Math.floor(index / about.inBlock);
  if (!blocks.has(block)) {
    blocks.clear(); // one block at a time: memory stays small
    blocks.set(block, await unpacked(block));
  }
  return blocks.get(block)[index % about.inBlock];
};

const section = (title, ...children) => {
  const held = children.flat().filter(Boolean);
  return held.length ? element("section", {}, element("h3", {}, title), ...held) : null;
};

const facts = (row, data) => {
  const pairs = [
    ["Config", row.failure ? "" : data.config],
    ["Status", STATUS[row.status]],
    ["Project", row.project],
    ["Dialect", row.dialect],
    ["Profile", row.profile],
    ["Targets", data.targets.map((name) => about.targets[name]).join(", ")],
  ].filter(([, value]) => value);
  return element("dl", {}, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
};

const output = (found) =>
  element("li", {}, element("code", {}, found.path), " ", tag(found.state, STATES[found.state]), found.why ? element("p", {}, ...sentence(`${found.why}.`)) : null);

// The picture is SVG that transpipe made; anything that it does not draw with is left out.
const DRAWN = new Set(["svg", "title", "desc", "g", "rect", "path", "text", "tspan", "line", "polyline", "polygon", "circle", "ellipse", "defs", "marker"]);
const picture = (text) => {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (root.nodeName !== "svg") return null;
  for (const part of [...root.querySelectorAll("*")]) if (!DRAWN.has(part.nodeName)) part.remove();
  return element("div", { class: "picture", tabindex: 0, role: "group", "aria-label": "picture of the stages" }, document.importNode(root, true));
};

const pipeline = (found) => {
  const events = found.events.join(", ") || "no event";
  const heading = element("h4", {}, `${found.name}: ${count(found.stages, "stage")}, ${events}`);
  const drawn = found.picture ? picture(found.picture) : heading;
  // A single stage is read in the picture.
  const words = found.stages > 1 || !found.picture ? element("p", { class: "notation" }, element("code", {}, found.notation || "no stages")) : "";
  return element("div", { class: "pipeline-block" }, drawn, words);
};

const explained = (code) => {
  const known = about.codes[code];
  if (!known) return null;
  return element("details", {}, element("summary", {}, "What this means"), element("p", {}, ...sentence(known.meaning)), element("p", {}, ...sentence(known.fix)));
};

const diagnostic = (found) =>
  element(
    "article",
    {},
    element("p", {}, tag(found.severity, found.severity), " ", element("code", {}, found.code), found.file ? element("span", { class: "place" }, ` ${found.file}${found.line ? `:${found.line}:${found.column}` : ""}`) : null),
    element("p", {}, ...sentence(found.message)),
    found.snippet ? element("pre", { tabindex: 0 }, found.snippet) : null,
    found.hint ? element("p", { class: "hint" }, ...sentence(found.hint)) : null,
    explained(found.code),
  );

const breach = (found) =>
  element(
    "li",
    {},
    element("code", {}, found.rule),
    " ",
    tag(found.severity, found.severity === "off" ? "not asked for by its profile" : found.severity),
    element("p", {}, ...sentence(found.message)),
    explained(found.rule),
  );

const loss = ([target, lost], targets) =>
  lost.length
    ? element(
        "div",
        {},
        element("h4", {}, about.targets[target], targets.includes(target) ? "" : " (not one of its targets)"),
        element("ul", {}, ...lost.map((one) => element("li", {}, element("code", {}, one.feature), one.accepted ? " (accepted by its profile)" : "", element("p", {}, ...sentence(one.why)), element("p", { class: "place" }, one.places.filter(Boolean).slice(0, 20).join(", "))))),
      )
    : null;

// The rows of a table of costs: `told` makes the last cell of a bill.
const costs = (found, told) => {
  const heads = ["Event", "Target", "Jobs", "Images between them", "Stages in a row"];
  const rows = Object.entries(found || {}).flatMap(([event, bills]) =>
    Object.entries(bills).map(([target, bill]) => [event, about.targets[target], number(bill.jobs), number(bill.images), told(bill)]),
  );
  if (!rows.length) return null;
  const row = (cells, name) => element("tr", {}, ...cells.map((cell) => element(name, {}, cell)));
  return element("table", { class: "costs" }, element("thead", {}, row(heads, "th")), element("tbody", {}, ...rows.map((cells) => row(cells, "td"))));
};
const path = (bill) => `${bill.path.stages.length}: ${bill.path.stages.join(" → ")} (${bill.path.pipeline})`;

let opened = -1; // the place of the open repository among the shown ones

const open = async (at) => {
  const row = shown[at];
  if (!row) return;
  const data = await detail(row.index);
  opened = active = at;
  byId("repository-name").textContent = row.name;
  byId("previous").disabled = at === 0;
  byId("next").disabled = at === shown.length - 1;
  const losses = data.losses ? Object.entries(data.losses).map((pair) => loss(pair, data.targets)) : [];
  const body = byId("repository-body");
  body.replaceChildren(
    ...[
      data.failure ? element("p", { class: "failure" }, data.failure) : null,
      facts(row, data),
      section("Outputs", data.outputs.length ? element("ul", {}, ...data.outputs.map(output)) : null),
      section("Diagnostics", ...data.diagnostics.map(diagnostic), data.moreDiagnostics ? element("p", {}, `and ${number(data.moreDiagnostics)} more`) : null),
      section("House rules broken", data.house_rules.length ? element("ul", {}, ...data.house_rules.map(breach)) : null),
      section("Would lose", ...losses),
      section("What a run costs", costs(data.cost, path)),
      section("Pipelines", ...data.pipelines.map(pipeline), data.morePipelines ? element("p", {}, `and ${number(data.morePipelines)} more`) : null),
    ].filter(Boolean),
  );
  const dialog = byId("repository");
  if (!dialog.open) dialog.showModal();
  body.scrollTop = 0;
  history.replaceState(null, "", `#${encodeURIComponent(row.name)}`); // an address to send to somebody
};

// Opens the repository that the page's address names.
const openNamed = () => {
  const at = shown.findIndex((row) => `#${encodeURIComponent(row.name)}` === location.hash);
  if (at >= 0) open(at);
};

const closed = () => {
  if (opened >= 0) moveTo(opened);
  opened = -1;
  history.replaceState(null, "", location.href.split("#")[0]);
};
