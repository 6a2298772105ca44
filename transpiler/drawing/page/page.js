"use strict";
(() => {
  const body = document.body, picture = document.getElementById("picture"), svg = picture.querySelector("svg");
  const stages = [...svg.querySelectorAll(".stage")];
  const width = Number(svg.getAttribute("width")) || 1, height = Number(svg.getAttribute("height")) || 1;
  const programOf = (stage) => document.getElementById("program-" + stage.dataset.stage);
  let view = { x: 0, y: 0, scale: 1 };
  let drag = null, dragged = false, chosen = null;

  body.classList.add("live");
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("preserveAspectRatio", "xMinYMin meet");

  function show() {
    const { x, y, scale } = view;
    svg.setAttribute("viewBox", [x, y, picture.clientWidth / scale, picture.clientHeight / scale].join(" "));
  }

  function fit() {
    view = { x: 0, y: 0, scale: Math.min(1, picture.clientWidth / width, picture.clientHeight / height) || 1 };
    show();
  }

  function zoom(factor, at) {
    const box = picture.getBoundingClientRect(), scale = Math.min(8, Math.max(0.02, view.scale * factor));
    const x = at ? at.clientX - box.left : box.width / 2, y = at ? at.clientY - box.top : box.height / 2;
    view = { x: view.x + x / view.scale - x / scale, y: view.y + y / view.scale - y / scale, scale };
    show();
  }

  function move(x, y) {
    view.x += x / view.scale;
    view.y += y / view.scale;
    show();
  }

  function into(stage) {
    const box = stage.querySelector(".box").getBoundingClientRect(), around = picture.getBoundingClientRect();
    const x = box.left < around.left ? box.left - around.left - 20 : Math.max(0, box.right - around.right + 20);
    const y = box.top < around.top ? box.top - around.top - 20 : Math.max(0, box.bottom - around.bottom + 20);
    if (x || y) move(x, y);
  }

  function close() {
    if (!chosen) return;
    chosen.classList.remove("chosen");
    chosen.setAttribute("aria-expanded", "false");
    programOf(chosen).hidden = true;
    body.classList.remove("open");
    const last = chosen;
    chosen = null;
    show();
    last.focus();
  }

  function open(stage) {
    if (chosen) {
      chosen.classList.remove("chosen");
      chosen.setAttribute("aria-expanded", "false");
      programOf(chosen).hidden = true;
    }
    chosen = stage;
    stage.classList.add("chosen");
    stage.setAttribute("aria-expanded", "true");
    body.classList.add("open");
    const program = programOf(stage);
    program.hidden = false;
    program.parentElement.scrollTop = 0;
    program.querySelector("h2").focus();
    show();
    into(stage);
  }

  svg.setAttribute("role", "group");
  for (const stage of stages) {
    const program = programOf(stage), button = document.createElement("button");
    stage.setAttribute("tabindex", "0");
    stage.setAttribute("role", "button");
    stage.setAttribute("aria-label", stage.querySelector("title").textContent);
    stage.setAttribute("aria-controls", program.id);
    stage.setAttribute("aria-expanded", "false");
    button.className = "close";
    button.textContent = "Close";
    button.addEventListener("click", close);
    program.prepend(button);
    program.querySelector("h2").tabIndex = -1;
    program.hidden = true;
    stage.addEventListener("focus", () => into(stage));
  }

  svg.addEventListener("click", (event) => {
    const stage = event.target.closest(".stage");
    if (stage && !dragged && !String(getSelection())) open(stage);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return close();
    const stage = event.target.closest(".stage");
    if (stage && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      return open(stage);
    }
    if (!event.target.closest("#picture")) return;
    const steps = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] };
    if (steps[event.key]) move(...steps[event.key]);
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  picture.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-120, Math.min(120, event.deltaY)) * -0.002), event);
  }, { passive: false });
  picture.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest("text")) return;
    drag = { x: event.clientX, y: event.clientY, moved: false };
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const x = event.clientX - drag.x, y = event.clientY - drag.y;
    if (!drag.moved && Math.abs(x) + Math.abs(y) < 4) return;
    drag = { x: event.clientX, y: event.clientY, moved: true };
    picture.classList.add("moving");
    move(-x, -y);
  });
  addEventListener("pointerup", () => {
    dragged = Boolean(drag && drag.moved);
    drag = null;
    picture.classList.remove("moving");
  });
  for (const [id, act] of [["closer", () => zoom(1.25)], ["farther", () => zoom(0.8)], ["fit", fit]])
    document.getElementById(id).addEventListener("click", act);
  addEventListener("resize", show);
  fit();
  body.dataset.ready = "";
})();
