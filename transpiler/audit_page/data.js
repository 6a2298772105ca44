"use strict";
// Blocks of data, words for their values, and the making of elements.

const unpacked = async (block) => {
  const packed = Uint8Array.from(atob(document.getElementById(`data-${block}`).textContent), (c) => c.charCodeAt(0));
  const inflating = new DecompressionStream("deflate");
  const writer = inflating.writable.getWriter();
  writer.write(packed).catch(() => {}); // the reader gets the error, too
  writer.close().catch(() => {});
  const decoder = new TextDecoder();
  const parts = [];
  for (const reader = inflating.readable.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return JSON.parse(parts.join("") + decoder.decode());
    parts.push(decoder.decode(value, { stream: true }));
  }
};

const STATUS = {
  "compiled": "no errors",
  "errors": "errors",
  "foreign-config": "foreign config",
  "not-found": "no config",
  "unreadable": "unreadable",
  "bug": "transpipe fails",
};

// The worst first.
const STATES = {
  "edited": "edited by hand",
  "stale": "stale",
  "missing": "missing",
  "foreign": "not transpipe's",
  "orphaned": "no longer generated",
  "newer-version": "newer version",
  "older-version": "older version",
  "unknown": "not compared",
  "fresh": "fresh",
};

const SEVERITIES = ["error", "warning", "note"];

// An element. Text is only ever text: nothing here parses HTML.
const element = (name, properties = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== ""));
  return made;
};

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const count = (value, word, words = `${word}s`) => `${number(value)} ${value === 1 ? word : words}`;

// `code` in a sentence, as the catalogue and the messages write it.
const sentence = (text) =>
  text.split(/(`[^`\n]+`)/).map((part) => (/^`.+`$/.test(part) ? element("code", {}, part.slice(1, -1)) : part));

const tag = (kind, text) => element("span", { class: `tag ${kind}` }, text);
