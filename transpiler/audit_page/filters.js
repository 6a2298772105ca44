// The filters: within a group any of the chosen values, and all groups together.

const OPTIONS = 12; // values of a group that are offered; the search finds the others

const GROUPS = [
  { id: "status", title: "Config", values: (row) => [row.status], word: (value) => STATUS[value] },
  { id: "outputs", title: "Outputs", values: (row) => row.outputs, word: (value) => STATES[value] },
  { id: "rules", title: "House rules broken", values: (row) => row.rules, explained: true },
  { id: "losses", title: "Would lose something on", values: (row) => row.losses, word: (value) => about.targets[value] },
  { id: "codes", title: "Diagnostics", values: (row) => row.codes, explained: true },
  { id: "dialect", title: "Dialect", values: (row) => (row.dialect ? [row.dialect] : []) },
  { id: "profile", title: "Profile", values: (row) => (row.profile ? [row.profile] : []) },
];
const chosen = Object.fromEntries(GROUPS.map((group) => [group.id, new Set()]));

const counted = (group) => {
  const counts = new Map();
  for (const row of rows) for (const value of new Set(group.values(row))) counts.set(value, (counts.get(value) ?? 0) + 1);
  const order = group.id === "outputs" ? Object.keys(STATES) : group.id === "status" ? Object.keys(STATUS) : null;
  const names = order ? order.filter((name) => counts.has(name)) : [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  return names.map((name) => [name, counts.get(name)]);
};

const drawGroup = (group) => {
  const all = counted(group);
  if (!all.length) return null;
  const options = all.slice(0, OPTIONS).map(([value, times]) => {
    const onchange = (event) => {
      chosen[group.id][event.target.checked ? "add" : "delete"](value);
      filter();
    };
    const box = element("input", { type: "checkbox", value, onchange });
    const explanation = group.explained ? about.codes[value]?.title : null;
    const words = element("span", { class: "words" }, group.word ? group.word(value) : value);
    if (explanation) words.append(element("small", {}, ...sentence(explanation)));
    return element("label", {}, box, words, element("span", { class: "count" }, number(times)));
  });
  const others = all.length - options.length;
  const rest = others > 0 ? element("p", {}, `and ${number(others)} more: search for them`) : null;
  return element("fieldset", { id: `group-${group.id}` }, element("legend", {}, group.title), ...options, rest);
};

const drawGroups = () => byId("groups").replaceChildren(...GROUPS.map(drawGroup).filter(Boolean));

const matches = (row, words) => {
  const text = [row.name, row.project, row.profile, row.dialect, ...row.codes, ...row.rules].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
};

const filter = () => {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = GROUPS.filter((group) => chosen[group.id].size);
  const passes = (row) => groups.every((group) => group.values(row).some((value) => chosen[group.id].has(value)));
  shown = rows.filter((row) => passes(row) && (!words.length || matches(row, words)));
  sort();
  active = 0;
  byId("scroller").scrollTop = 0;
  byId("shown").textContent = shown.length === rows.length ? count(rows.length, "repository", "repositories") : `${number(shown.length)} of ${count(rows.length, "repository", "repositories")}`;
  byId("clear").hidden = !groups.length && !words.length;
  draw();
};

const clear = () => {
  for (const values of Object.values(chosen)) values.clear();
  for (const box of document.querySelectorAll("#groups input")) box.checked = false;
  byId("search").value = "";
  filter();
  byId("search").focus();
};
