// The start: unpacks the rows, and listens.

const start = async () => {
  about = await unpacked("about");
  rows = await unpacked("rows");
  rows.forEach((row, index) => (row.index = index));
  byId("made").textContent = `transpipe ${about.version}, ${about.made}`;
  const cost = costs(about.totals.cost, (bill) => `at most ${bill.path}`);
  byId("cost").hidden = !cost;
  if (cost) byId("cost").append(cost);
  drawHead();
  drawGroups();
  filter();

  byId("search").addEventListener("input", filter);
  byId("clear").addEventListener("click", clear);
  byId("unfold").addEventListener("click", () => {
    const unfolded = byId("filters").classList.toggle("unfolded");
    byId("unfold").setAttribute("aria-expanded", String(unfolded));
  });
  let waiting = false;
  byId("scroller").addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });
  addEventListener("resize", draw);
  byId("rows").addEventListener("keydown", onKey);
  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest("[data-index]");
    if (row) open(Number(row.dataset.index));
  });
  byId("previous").addEventListener("click", () => open(opened - 1));
  byId("next").addEventListener("click", () => open(opened + 1));
  byId("close").addEventListener("click", () => byId("repository").close());
  byId("repository").addEventListener("close", closed);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || byId("repository").open || event.target.matches("input")) return;
    event.preventDefault();
    byId("search").focus();
  });
  const print = (on) => {
    printing = on;
    draw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  addEventListener("hashchange", openNamed);
  openNamed();
  document.body.dataset.ready = "true";
};

start();
