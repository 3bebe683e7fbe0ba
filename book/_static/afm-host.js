// Static host for the moving figures: runs anywidget front-end modules without a kernel, a server or a network.
//
// MyST-NB leaves the state of all widgets of a page in one JSON script and the place of each view in another.
// For every view the host builds a model from the state, imports the module that the state carries, and lets
// it draw. A widget that needs Python (ipywidgets' own sliders) is shown as its last output, with a note.

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
const REFERENCE = "IPY_MODEL_";

function sameValue(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

// The part of a Jupyter model that front-end modules use. What is sent to the kernel goes nowhere.
class StaticModel {
  #state;
  #listeners = new Map();

  constructor(state, host) {
    this.#state = state;
    this.widget_manager = { get_model: (id) => host.model(id) };
  }

  get(key) {
    return this.#state[key];
  }

  set(key, value) {
    const changes = typeof key === "object" ? key : { [key]: value };
    const changed = Object.entries(changes).filter(([name, v]) => !sameValue(this.#state[name], v));
    for (const [name, v] of changed) this.#state[name] = v;
    for (const [name, v] of changed) this.#emit(`change:${name}`, v);
    if (changed.length) this.#emit("change");
  }

  on(events, listener) {
    for (const event of events.split(/\s+/)) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    }
  }

  off(events, listener) {
    if (!events) return this.#listeners.clear();
    for (const event of events.split(/\s+/)) {
      const kept = listener ? (this.#listeners.get(event) ?? []).filter((f) => f !== listener) : [];
      this.#listeners.set(event, kept);
    }
  }

  save_changes() {}

  send() {}

  #emit(event, ...values) {
    for (const listener of this.#listeners.get(event) ?? []) listener(this, ...values);
  }
}

// Binary traits travel as base64 beside the state; modules expect a DataView, as from a live kernel.
function restoreBuffers(record) {
  for (const { data, path } of record.buffers ?? []) {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const owner = path.slice(0, -1).reduce((value, key) => value[key], record.state);
    owner[path.at(-1)] = new DataView(bytes.buffer);
  }
}

class Host {
  #records;
  #modules = new Map(); // source text -> promise of the widget it defines
  #models = new Map(); // model id -> promise of the initialized model
  #styles = new Set();
  #cleanups = [];

  constructor(records) {
    this.#records = records;
    Object.values(records).forEach(restoreBuffers);
    // A page kept for the back button stays alive: its figures must, too.
    addEventListener("pagehide", (event) => event.persisted || this.close());
  }

  #load(source) {
    if (!this.#modules.has(source)) {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      const widget = import(url).then((module) => {
        URL.revokeObjectURL(url);
        const made = module.default ?? module;
        return typeof made === "function" ? made() : made;
      });
      this.#modules.set(source, widget);
    }
    return this.#modules.get(source);
  }

  model(id) {
    id = id.replace(REFERENCE, "");
    if (!this.#models.has(id)) this.#models.set(id, this.#initialize(id));
    return this.#models.get(id);
  }

  async #initialize(id) {
    const record = this.#records[id];
    if (!record) throw new Error(`The page holds no state of the model ${id}.`);
    const model = new StaticModel(record.state, this);
    const widget = record.state._esm ? await this.#load(record.state._esm) : {};
    this.#keep(await widget.initialize?.({ model }));
    return model;
  }

  #keep(cleanup) {
    if (typeof cleanup === "function") this.#cleanups.push(cleanup);
  }

  #addStyle(css) {
    if (!css || this.#styles.has(css)) return;
    this.#styles.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  async show(id, el) {
    const state = this.#records[id]?.state;
    try {
      if (state && !state._esm) return this.#showLastOutput(state, el);
      const model = await this.model(id);
      this.#addStyle(state._css);
      const widget = await this.#load(state._esm);
      this.#keep(await widget.render?.({ model, el }));
      el.dataset.afm = "ok";
    } catch (error) {
      el.dataset.afm = "failed";
      el.replaceChildren(note(`This figure could not be drawn: ${error.message}`, "alert"));
      console.error(error);
    }
  }

  // ipywidgets' own widgets call Python at every move: show what they last printed or drew.
  #showLastOutput(state, el) {
    const children = (state.children ?? []).map((name) => this.#records[name.replace(REFERENCE, "")]?.state);
    for (const output of children.flatMap((child) => child?.outputs ?? [])) {
      const png = output.data?.["image/png"];
      if (png) {
        const alt = output.data["text/plain"] ?? "last output of this cell";
        el.append(Object.assign(new Image(), { src: `data:image/png;base64,${png}`, alt }));
      } else if (output.text) {
        el.append(Object.assign(document.createElement("pre"), { textContent: [output.text].flat().join("") }));
      }
    }
    el.append(note("These sliders call Python. Open this page in JupyterLab or Colab to move them.", "note"));
    el.dataset.afm = "fallback";
  }

  close() {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}

function note(text, role) {
  const p = Object.assign(document.createElement("p"), { className: "afm-note", textContent: text });
  p.setAttribute("role", role);
  return p;
}

async function start() {
  const script = document.querySelector(STATE);
  if (!script) return;
  const host = new Host(JSON.parse(script.textContent).state);
  for (const view of document.querySelectorAll(VIEW)) {
    const el = Object.assign(document.createElement("div"), { className: "afm-view" });
    view.after(el);
    await host.show(JSON.parse(view.textContent).model_id, el);
  }
  document.documentElement.dataset.figures = "ready";
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
else start();
