// The frame of a figure and its controls: every figure of the course has the same title line, hint, read-out, data
// table, "copy as Python" and the same sliders. See _numbers.js for how the files come together.

const SVG_NS = "http://www.w3.org/2000/svg";
const PREFIX = `nf${Math.random().toString(36).slice(2, 7)}`;
let count = 0;
export const uid = () => `${PREFIX}-${++count}`;

// h("p", { class: "x", onclick: f }, "text", node): an HTML element. svg(...) the same for SVG.
function build(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}
export const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => build(document.createElementNS(SVG_NS, tag), attributes, children);

// "learning rate *η*": what stands between asterisks is set in italics, as variables are. A node passes unchanged.
export function rich(text) {
  if (typeof text !== "string") return [text];
  return text.split("*").map((part, i) => (i % 2 ? h("i", {}, part) : part));
}
const plain = (text) => (typeof text === "string" ? text.replaceAll("*", "") : text.textContent);

function buildFrame({ name, title, hint }) {
  const titleId = uid();
  const body = h("div", { class: "nf-body" });
  const output = h("output", { class: "nf-readout", "data-nndl": `${name}.readout`, "aria-live": "polite", "aria-label": "Read-out" });
  const foot = h("div", { class: "nf-foot" });
  const heading = h("p", { class: "nf-title", id: titleId }, ...rich(title));
  const attributes = { class: `nndl-fig nndl-${name}`, "data-nndl": name, "aria-labelledby": titleId };
  const root = h("figure", attributes, heading, hint ? h("p", { class: "nf-hint" }, ...rich(hint)) : null, body, output, foot);
  return { root, body, output, foot };
}

// The frame. `fig` collects what must be undone when the figure goes: listeners, observers, timers.
export function figure({ model, el, name, title, hint }) {
  const undo = [];
  const { root, body, output, foot } = buildFrame({ name, title, hint });
  el.append(root);
  const fig = { name, model, root, body, output, foot, still: matchMedia("(prefers-reduced-motion: reduce)").matches };
  fig.cleanup = (f) => undo.push(f);
  fig.listen = (target, type, f, options) => {
    target.addEventListener(type, f, options);
    undo.push(() => target.removeEventListener(type, f, options));
  };
  // watch("eta mu", f): call f whenever one of these traits changes, here or in Python.
  fig.watch = (traits, f) => {
    for (const trait of traits.split(" ")) {
      model.on(`change:${trait}`, f);
      undo.push(() => model.off(`change:${trait}`, f));
    }
  };
  fig.write = (values) => {
    for (const [trait, value] of Object.entries(values)) model.set(trait, value);
    model.save_changes();
  };
  fig.say = (...parts) => {
    const wanted = parts.flatMap(rich);
    const text = wanted.map((part) => part.textContent ?? part).join("");
    if (output.textContent !== text) output.replaceChildren(...wanted);
  };
  // While a run moves, the read-out changes many times a second: a screen reader hears only where it ends.
  fig.busy = (running) => output.setAttribute("aria-live", running ? "off" : "polite");
  fig.destroy = () => {
    while (undo.length) undo.pop()();
    root.remove();
  };
  // JupyterLab's shortcuts would take the arrow keys from a slider, were the element in focus not marked.
  fig.listen(root, "focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  watchTheme(fig);
  return fig;
}

// fig.onTheme(f): call f when the page turns dark or light (needed by canvases; SVG follows the CSS variables).
function watchTheme(fig) {
  const calls = [];
  fig.onTheme = (f) => calls.push(f);
  const observer = new MutationObserver(() => calls.forEach((f) => f()));
  for (const node of [document.documentElement, document.body])
    observer.observe(node, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "theme", "class"] });
  fig.cleanup(() => observer.disconnect());
}

// Many changes in one moment, one redraw: later(f) calls f once before the next frame.
export function later(fig, f) {
  let pending = 0;
  fig.cleanup(() => cancelAnimationFrame(pending));
  return () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(f);
  };
}

// Repeat step() until it returns false or stop() is called; at most `perSecond` times a second. onChange(running).
export function runner(fig, { step, perSecond = 60, onChange = () => {} }) {
  let frame = 0;
  let last = -Infinity;
  let running = false;
  const set = (value) => {
    if (running === value) return;
    running = value;
    fig.busy(value);
    onChange(value);
  };
  const tick = (now) => {
    if (!running) return;
    let on = true;
    if (now - last >= 1000 / perSecond - 2) {
      last = now;
      on = step() !== false;
    }
    if (on && running) frame = requestAnimationFrame(tick);
    else stop();
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    set(false);
  };
  const start = () => {
    if (running) return;
    set(true);
    frame = requestAnimationFrame(tick);
  };
  fig.cleanup(stop);
  return { start, stop, toggle: () => (running ? stop() : start()), get running() { return running; } };
}

// ---- controls. Each takes the figure and options, and returns an element to be placed. `trait` ties it to the model;
// without one, `value` is where it starts. onInput(value) is called when the reader moves it. `.set(value)` moves it.

function tie(fig, node, { trait, value, onInput, show }) {
  const current = () => (trait ? fig.model.get(trait) : value);
  node.set = (next) => {
    value = next;
    show(next);
  };
  node.put = (next) => {
    value = next;
    if (trait) fig.write({ [trait]: next });
    show(next);
    onInput?.(next);
  };
  if (trait) fig.watch(trait, () => show(current()));
  Object.defineProperty(node, "value", { get: current });
  show(current());
  return node;
}

export function slider(fig, { trait, name = trait, label, min, max, step, log = false, unit = "", text = format, ...rest }) {
  const id = uid();
  const STEPS = 240;
  const map = log ? scale([min, max], [0, STEPS], true) : null;
  const input = h("input", {
    type: "range", id, class: "nf-range", "data-nndl": `${fig.name}.${name}`,
    min: log ? 0 : min, max: log ? STEPS : max, step: log ? 1 : (step ?? (max - min) / 100),
  });
  const shown = h("span", { class: "nf-value", "aria-hidden": "true" });
  const node = h("div", { class: "nf-slider" }, h("label", { for: id }, ...rich(label)), input, shown);
  node.input = input;
  fig.listen(input, "input", () => {
    const raw = log ? map.invert(Number(input.value)) : Number(input.value);
    node.put(Number(raw.toPrecision(log ? 3 : 10)));
  });
  const show = (value) => {
    const words = text(value) + unit;
    input.value = log ? Math.round(map(clamp(value, min, max))) : value;
    input.setAttribute("aria-valuetext", words);
    shown.textContent = words;
  };
  return tie(fig, node, { trait, show, ...rest });
}

export function button(fig, { name, label, primary = false, describe, onClick }) {
  const node = h("button", {
    type: "button", class: primary ? "nf-button nf-primary" : "nf-button", "data-nndl": `${fig.name}.${name}`, "aria-label": describe,
  }, ...rich(label));
  fig.listen(node, "click", onClick);
  node.label = (text) => node.replaceChildren(...rich(text));
  return node;
}

// One of a few: native radio buttons that look like a strip. options: [[value, label], ...]
export function segmented(fig, { trait, name = trait, label, options, ...rest }) {
  const group = uid();
  const radios = options.map(([value, text]) => {
    const input = h("input", { type: "radio", name: group, value: String(value), "data-nndl": `${fig.name}.${name}.${value}` });
    fig.listen(input, "change", () => input.checked && node.put(value));
    return [value, input, h("label", { class: "nf-segment" }, input, h("span", {}, ...rich(text)))];
  });
  const node = h("fieldset", { class: "nf-segmented", "data-nndl": `${fig.name}.${name}` }, h("legend", {}, ...rich(label)),
    h("div", { class: "nf-strip" }, radios.map(([, , segment]) => segment)));
  const show = (current) => radios.forEach(([value, input]) => { input.checked = value === current; });
  return tie(fig, node, { trait, show, ...rest });
}

// On or off: a native checkbox.
export function toggle(fig, { trait, name = trait, label, ...rest }) {
  const input = h("input", { type: "checkbox", "data-nndl": `${fig.name}.${name}` });
  const node = h("label", { class: "nf-toggle" }, input, h("span", {}, ...rich(label)));
  node.input = input;
  fig.listen(input, "change", () => node.put(input.checked));
  return tie(fig, node, { trait, show: (value) => { input.checked = value; }, ...rest });
}

export function choice(fig, { trait, name = trait, label, options, ...rest }) {
  const id = uid();
  const input = h("select", { id, class: "nf-select", "data-nndl": `${fig.name}.${name}` },
    options.map(([value, text]) => h("option", { value: String(value) }, plain(text))));
  const node = h("div", { class: "nf-choice" }, h("label", { for: id }, ...rich(label)), input);
  node.input = input;
  fig.listen(input, "change", () => node.put(options[input.selectedIndex][0]));
  const show = (current) => { input.selectedIndex = options.findIndex(([value]) => value === current); };
  return tie(fig, node, { trait, show, ...rest });
}

export const row = (...children) => h("div", { class: "nf-row" }, ...children);
export const stack = (...children) => h("div", { class: "nf-stack" }, ...children);
export function disclosure(fig, { name, label, open = false }, ...children) {
  return h("details", { class: "nf-details", "data-nndl": `${fig.name}.${name}`, open }, h("summary", {}, ...rich(label)), ...children);
}

// The numbers behind the picture, one click away. content() -> { columns, rows }, asked only while the table is open.
export function dataTable(fig, { label = "Data", caption, content }) {
  const box = h("div", { class: "nf-scroll", tabindex: "0", role: "group", "aria-label": caption });
  const node = disclosure(fig, { name: "data", label }, box);
  const cell = (value) => h("td", {}, typeof value === "number" ? format(value, 4) : value);
  node.update = () => {
    if (!node.open) return;
    const { columns, rows } = content();
    box.replaceChildren(h("table", {}, h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((text) => h("th", { scope: "col" }, ...rich(text))))),
      h("tbody", {}, rows.map((values) => h("tr", {}, values.map(cell))))));
  };
  fig.listen(node, "toggle", node.update);
  fig.foot.append(node);
  return node;
}

// The state as a program: text that can be read and selected, and a button that copies it.
export function copyPython(fig, { code }) {
  const text = h("code", {});
  const note = h("span", { class: "nf-note", role: "status" });
  const copy = button(fig, { name: "copy", label: "Copy", describe: "Copy the Python code", onClick: async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      note.textContent = "Copied.";
    } catch {
      // Some hosts (a page from disk, a notebook's frame) forbid it: select the text, so that one key copies it.
      getSelection().selectAllChildren(text);
      note.textContent = "Selected: press Ctrl+C or ⌘C.";
    }
  } });
  const node = disclosure(fig, { name: "python", label: "Copy as Python" },
    h("pre", { class: "nf-code", tabindex: "0", role: "group", "aria-label": "Python code" }, text), row(copy, note));
  node.update = () => {
    if (!node.open) return;
    note.textContent = "";
    text.textContent = code();
  };
  fig.listen(node, "toggle", node.update);
  fig.foot.append(node);
  return node;
}

// In a static page the state lives in the address, so that a link shows what its sender saw. In a notebook the
// kernel keeps it. `traits`: { eta: within(0.01, 10), wires: { read, write } }, how each is read back (and written);
// what cannot be read is left as it was.
export function keepInAddress(fig, traits) {
  if (!document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]')) return;
  const written = (trait) => (traits[trait].write ?? String)(fig.model.get(trait));
  const start = Object.fromEntries(Object.keys(traits).map((trait) => [trait, written(trait)]));
  const found = Object.entries(readHash(location.hash, fig.name))
    .filter(([trait]) => Object.hasOwn(traits, trait))
    .map(([trait, said]) => [trait, (traits[trait].read ?? traits[trait])(said)])
    .filter(([, value]) => value !== undefined);
  if (found.length) {
    fig.write(Object.fromEntries(found));
    requestAnimationFrame(() => fig.root.scrollIntoView({ block: "center" }));
  }
  let timer = 0;
  fig.cleanup(() => clearTimeout(timer));
  fig.watch(Object.keys(traits).join(" "), () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const changed = Object.keys(traits).filter((trait) => written(trait) !== start[trait]);
      const values = Object.fromEntries(changed.map((trait) => [trait, written(trait)]));
      const next = writeHash(location.hash, fig.name, values);
      // Keep an anchor that the reader followed until there is something to say.
      if (changed.length || location.hash.includes(`${fig.name}:`)) history.replaceState(null, "", next);
    }, 400);
  });
}
