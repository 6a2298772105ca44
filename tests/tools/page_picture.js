(() => {
  // The page that a browser shows, as SVG: boxes with a ground or an edge, and every line of text where it stands.
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const round = (value) => Math.round(value * 10) / 10;
  const visible = (colour) => colour !== "rgba(0, 0, 0, 0)" && colour !== "transparent";
  const { innerWidth: width, innerHeight: height } = window;

  // What can be seen of an element: its ancestors may cut it off.
  const window_of = (element) => {
    let [left, top, right, bottom] = [0, 0, width, height];
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX === "visible") continue;
      const box = at.getBoundingClientRect();
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left, top, right, bottom };
  };

  const lines_of = (node) => {
    const lines = [];
    const range = document.createRange();
    for (let i = 0; i < node.data.length; i++) {
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      const line = lines.at(-1);
      if (line && Math.abs(line.top - box.top) < 2) Object.assign(line, { text: line.text + node.data[i], right: box.right });
      else lines.push({ text: node.data[i], left: box.left, right: box.right, top: box.top, bottom: box.bottom });
    }
    return lines;
  };

  const boxes = [];
  const texts = [];
  const boxed = (element) => {
    const style = getComputedStyle(element);
    const seen = window_of(element.parentElement ?? element);
    const box = element.getBoundingClientRect();
    const [top, bottom] = [Math.max(box.top, seen.top), Math.min(box.bottom, seen.bottom)];
    if (bottom - top < 1 || box.width < 1 || box.left >= seen.right) return;
    const right = Math.min(box.right, seen.right);
    const edge = parseFloat(style.borderTopWidth) > 0 && parseFloat(style.borderLeftWidth) > 0;
    const check = element.matches("input[type=checkbox]");
    const place = `x="${round(box.left)}" y="${round(top)}" width="${round(right - box.left)}" height="${round(bottom - top)}"`;
    if (edge || check || visible(style.backgroundColor)) {
      const ground = visible(style.backgroundColor) ? style.backgroundColor : "none";
      const stroke = edge || check ? ` stroke="${check ? style.color : style.borderTopColor}"` : "";
      boxes.push(`<rect ${place} rx="${Math.min(parseFloat(style.borderTopLeftRadius) || (check ? 2 : 0), 10)}" fill="${ground}"${stroke}/>`);
    }
    for (const [side, y] of [["Top", top], ["Bottom", bottom]]) {
      if (edge || !(parseFloat(style[`border${side}Width`]) > 0) || style[`border${side}Style`] === "none") continue;
      boxes.push(`<line x1="${round(box.left)}" x2="${round(right)}" y1="${round(y)}" y2="${round(y)}" stroke="${style[`border${side}Color`]}"/>`);
    }
  };

  const written = (node) => {
    const style = getComputedStyle(node.parentElement);
    const seen = window_of(node.parentElement);
    const size = parseFloat(style.fontSize);
    for (const line of lines_of(node)) {
      if (line.bottom > seen.bottom + 1 || line.top < seen.top - 1 || line.left >= seen.right || !line.text.trim()) continue;
      const room = seen.right - line.left;
      const cut = line.right - line.left > room + 1;
      const text = cut ? `${line.text.slice(0, Math.floor((line.text.length * room) / (line.right - line.left)) - 1)}…` : line.text;
      const length = cut ? "" : ` textLength="${round(line.right - line.left)}"`;
      const family = style.fontFamily.includes("monospace") ? "monospace" : "sans-serif";
      const weight = Number(style.fontWeight) > 500 ? ' font-weight="bold"' : "";
      const y = round((line.top + line.bottom) / 2 + size * 0.35);
      texts.push(`<text x="${round(line.left)}" y="${y}" font-size="${size}" font-family="${family}"${weight} fill="${style.color}"${length} xml:space="preserve">${escaped(text)}</text>`);
    }
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element && (!node.checkVisibility() || node.matches("script, dialog, noscript")) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  boxed(document.body);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) node instanceof Text ? written(node) : boxed(node);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(document.title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...boxes,
    ...texts,
    "</svg>\n",
  ].join("\n");
})()
