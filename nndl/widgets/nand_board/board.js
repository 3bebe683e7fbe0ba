// The board: NANDs to be wired by dragging, by clicking two pins, or with menus.

const label = (name) => name.replace(/^g/, "N").replace(/^x(\d)$/, (_, d) => `x${"₁₂"[d - 1]}`);
const pinLabel = (pin) => label(pin).replace(".a", ", first input").replace(".b", ", second input");

// Where everything stands: gates, sources and pins -> [x, y] in pixels. Gates grow with the page.
function layout(challenge, { width, height }) {
  const size = width > 480 ? { width: 58, height: 60 } : { width: 36, height: 44 };
  const places = { gates: {}, sources: {}, pins: {}, size };
  const half = size.width / 2;
  const [left, right] = width > 480 ? [58, width - 52] : [36, width - 34];
  const gap = (right - left - challenge.cols * size.width) / (challenge.cols + 1);
  const row = (share) => 4 + share * (height - 8);
  const ends = challenge.outputs.length === 1 ? [0.5] : [0.32, 0.86];
  challenge.inputs.forEach((name, i) => { places.sources[name] = [left, row(challenge.inputs.length === 1 ? 0.5 : 0.25 + 0.5 * i)]; });
  for (const [name, [c, share]] of Object.entries(challenge.at)) {
    const [x, y] = [left + c * gap + (c - 0.5) * size.width, row(share)];
    places.gates[name] = [x, y];
    places.sources[name] = [x + half, y];
    places.pins[`${name}.a`] = [x - half, y - size.height * 0.28];
    places.pins[`${name}.b`] = [x - half, y + size.height * 0.28];
  }
  challenge.outputs.forEach((name, i) => { places.pins[name] = [right, row(ends[i])]; });
  return places;
}

const bend = ([x1, y1], [x2, y2]) => {
  const pull = Math.max(18, Math.abs(x2 - x1) * 0.45);
  return `M${x1} ${y1}C${x1 + pull} ${y1} ${x2 - pull} ${y2} ${x2} ${y2}`;
};

function drawGate(g, name, [x, y], value, size) {
  const [w, r] = [size.width / 2, size.height / 2];
  g.append(
    svg("path", { d: `M${x - w} ${y - r}H${x + w - r}A${r} ${r} 0 0 1 ${x + w - r} ${y + r}H${x - w}Z`, class: value ? "nf-gate nf-gate-on" : "nf-gate" }),
    svg("circle", { cx: x + w, cy: y, r: size.width > 40 ? 7 : 6, class: "nf-bubble" }),
  );
  text(g, x - 3, y + 4.5, label(name), { class: "nf-gate-name", "text-anchor": "middle" });
}

function drawEnds(g, challenge, places, values, act) {
  challenge.inputs.forEach((name, i) => {
    const [x, y] = places.sources[name];
    const flip = () => act.flip(i);
    text(g, x - 21, y - 19, label(name), { "text-anchor": "middle", class: "nf-label" });
    g.append(svg("circle", { cx: x - 21, cy: y, r: 13, class: values[name] ? "nf-switch nf-switch-on" : "nf-switch", onclick: flip }),
      svg("line", { x1: x - 8, x2: x, y1: y, y2: y, class: values[name] ? "nf-wire nf-wire-on" : "nf-wire" }));
    text(g, x - 21, y + 4.5, String(values[name]), { class: values[name] ? "nf-on" : "nf-off", "text-anchor": "middle" });
  });
  challenge.outputs.forEach((name) => {
    const [x, y] = places.pins[name];
    g.append(svg("circle", { cx: x + 22, cy: y, r: 13, class: values[name] ? "nf-lamp nf-lamp-on" : "nf-lamp" }));
    text(g, x + 22, y + 4.5, String(values[name]), { class: values[name] ? "nf-on" : "nf-off", "text-anchor": "middle" });
    g.append(svg("line", { x1: x, x2: x + 9, y1: y, y2: y, class: values[name] ? "nf-wire nf-wire-on" : "nf-wire" }));
    text(g, x + 35, y - 20, name, { class: "nf-label", "text-anchor": "end" });
  });
}

// The drawing, and what a pointer does to it. `act` changes wires; `picked` is the pin that waits for its partner.
function circuitStage(fig, state, act) {
  let places = null;
  let built = "";
  let pull = null; // { from, to: [x, y] } while a wire is being drawn
  let picked = null;
  const pins = svg("g", { class: "nf-pins" });
  const node = stage(fig, { name: "circuit", label: "The circuit", height: (width) => clamp(0.5 * width, 250, 310), draw: (g, size) => {
    const { challenge, wires, inputs, key } = state();
    const values = evaluate(challenge, wires, inputs);
    places = layout(challenge, size);
    for (const [pin, source] of Object.entries(wires))
      g.append(svg("path", { d: bend(places.sources[source], places.pins[pin]), class: values[source] ? "nf-wire nf-wire-on" : "nf-wire" }));
    for (const [gate, spot] of Object.entries(places.gates)) drawGate(g, gate, spot, values[gate], places.size);
    drawEnds(g, challenge, places, values, act);
    if (pull) g.append(svg("path", { d: bend(...(isSource(pull.from) ? [where(pull.from), pull.to] : [pull.to, where(pull.from)])), class: "nf-wire nf-wire-new" }));
    const shape = `${key} ${size.width}`;
    if (shape !== built) placePins(challenge);
    built = shape;
    mark(wires, values);
    node.describe(`The circuit. ${challenge.outputs.map((name) => `${name} is ${values[name]}`).join(", ")} for ${challenge.inputs.map((name, i) => `${label(name)} = ${inputs[i]}`).join(", ")}.`);
  } });
  const isSource = (name) => name in places.sources;
  const where = (name) => places.sources[name] ?? places.pins[name];
  const placePins = () => {
    const make = (name) => {
      const [cx, cy] = where(name);
      return svg("g", { "data-pin": name, class: "nf-pin" }, svg("circle", { cx, cy, r: 13, class: "nf-pin-area" }), svg("circle", { cx, cy, r: 5, class: "nf-pin-dot" }));
    };
    pins.replaceChildren(...[...Object.keys(places.sources), ...Object.keys(places.pins)].map(make));
  };
  const fits = (a, b) => {
    if (!a || !b || isSource(a) === isSource(b)) return false;
    const [source, pin] = isSource(a) ? [a, b] : [b, a];
    return !wouldLoop(state().wires, source, pin);
  };
  const mark = (wires, values) => {
    for (const pin of pins.children) {
      const name = pin.dataset.pin;
      pin.classList.toggle("nf-pin-on", Boolean(values[name]));
      pin.classList.toggle("nf-pin-open", !isSource(name) && !wires[name]);
      pin.classList.toggle("nf-pin-picked", name === picked);
      pin.classList.toggle("nf-pin-fits", fits(picked ?? pull?.from, name));
    }
  };
  const nearest = (p) => {
    const names = [...Object.keys(places.sources), ...Object.keys(places.pins)];
    const found = names.map((name) => [name, Math.hypot(where(name)[0] - p.x, where(name)[1] - p.y)]).sort((a, b) => a[1] - b[1])[0];
    return found[1] < 22 ? found[0] : null;
  };
  const join = (a, b) => (isSource(a) ? act.connect(a, b) : act.connect(b, a));
  let begin = null;
  drag(fig, pins, {
    frame: node.svg,
    start: (p) => {
      begin = p;
      pull = { from: nearest(p), to: [p.x, p.y] };
      return pull.from !== null;
    },
    move: (p) => {
      pull.to = [p.x, p.y];
      if (Math.hypot(p.x - begin.x, p.y - begin.y) > 6) picked = null;
      node.redraw();
    },
    end: (p, event) => {
      const from = pull.from;
      const to = nearest(p);
      pull = null;
      if (event.type === "pointerup") release(from, to);
      node.redraw();
    },
  });
  // A drag joins two pins. A click picks one, a second click joins; a click on a wired input takes the wire away.
  const release = (from, to) => {
    if (to && to !== from && isSource(to) !== isSource(from)) {
      picked = null;
      join(from, to);
    } else if (to === from) {
      if (picked && picked !== from && isSource(picked) !== isSource(from)) {
        join(picked, from);
        picked = null;
      } else if (!isSource(from) && state().wires[from]) act.connect(null, from);
      else picked = picked === from ? null : from;
    }
  };
  node.handles.append(pins);
  node.forget = () => { picked = null; built = ""; };
  return node;
}

// The same wiring with native menus.
function menus(fig, state, act) {
  const box = h("div", { class: "nf-menus" });
  const node = disclosure(fig, { name: "menus", label: "Wire with menus" }, box);
  let selects = {};
  const build = () => {
    const { challenge } = state();
    selects = Object.fromEntries(pinsOf(challenge).map((pin) => {
      const options = [["", "no wire"], ...sourcesOf(challenge).map((name) => [name, label(name)])];
      return [pin, choice(fig, { name: `wire.${pin}`, label: pinLabel(pin), options, value: "", onInput: (source) => act.connect(source || null, pin) })];
    }));
    box.replaceChildren(...Object.values(selects));
  };
  let built = "";
  node.update = () => {
    const { wires, key } = state();
    if (built !== key) build();
    built = key;
    for (const [pin, select] of Object.entries(selects)) {
      select.set(wires[pin] ?? "");
      for (const option of select.input.options) option.disabled = option.value !== "" && option.value !== wires[pin] && wouldLoop(wires, option.value, pin);
    }
  };
  return node;
}

function resultTable(fig, state) {
  const node = h("table", { class: "nf-truth", "data-nndl": "nand_board.rows" });
  node.update = () => {
    const { challenge, wires, inputs } = state();
    const heads = [...challenge.inputs.map(label), ...challenge.outputs.flatMap((name) => [`${name} wanted`, `${name} now`])];
    node.replaceChildren(
      h("caption", { class: "nf-hidden" }, "The circuit on all its input rows"),
      h("thead", {}, h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)))),
      h("tbody", {}, check(challenge, wires).rows.map((row) => {
        const here = row.x.every((bit, i) => bit === inputs[i]);
        return h("tr", { class: here ? "nf-here" : null, "aria-current": here ? "true" : null }, row.x.map((bit) => h("td", {}, String(bit))),
          row.want.flatMap((bit, i) => [h("td", {}, String(bit)),
            h("td", { class: row.got[i] === bit ? "nf-good" : "nf-bad" }, `${row.got[i]} ${row.got[i] === bit ? "✓" : "✗"}`)]));
      })));
  };
  return node;
}

export function boardView(fig, state) {
  const { model } = fig;
  const note = h("p", { class: "nf-verdict", role: "status", "data-nndl": "nand_board.verdict" });
  const tell = (words, kind = "") => { note.className = `nf-verdict ${kind}`; note.textContent = words; };
  let mine = null; // the reader's wires while the solution is shown
  const connect = (source, pin) => {
    const { wires } = state();
    if (source && wouldLoop(wires, source, pin)) {
      tell(`A wire from ${label(source)} to ${pinLabel(pin)} would close a loop: the gate would wait for itself.`, "nf-bad");
      return;
    }
    const { [pin]: _, ...others } = wires;
    tell("");
    fig.write({ wires: source ? { ...others, [pin]: source } : others });
  };
  const flip = (i) => fig.write({ inputs: model.get("inputs").map((bit, j) => (j === i ? 1 - bit : bit)) });
  const circuit = circuitStage(fig, state, { connect, flip });
  const table = resultTable(fig, state);
  const byMenu = menus(fig, state, { connect });
  const switches = [0, 1].map((i) => toggle(fig, {
    name: `x${i + 1}`, label: `*x*${"₁₂"[i]} on`, value: Boolean(model.get("inputs")[i]),
    onInput: () => flip(i),
  }));
  const show = button(fig, { name: "show", label: "Show me", onClick: () => {
    const back = mine;
    mine = back ? null : state().wires;
    tell("");
    fig.write({ wires: back ?? state().challenge.solution });
    show.label(mine ? "Back to mine" : "Show me");
  } });
  const checkNow = button(fig, { name: "check", label: "Check all rows", primary: true, onClick: () => {
    const { challenge, wires } = state();
    const found = check(challenge, wires);
    if (found.solved) {
      tell(`All ${found.rows.length} rows right.`, "nf-good");
      return;
    }
    const wrong = found.rows.find((row) => !row.right);
    fig.write({ inputs: [wrong.x[0], wrong.x[1] ?? model.get("inputs")[1]] });
    tell(`${found.right} of ${found.rows.length} rows right. The switches now show the first that fails: ${challenge.inputs.map((name, i) => `${label(name)} = ${wrong.x[i]}`).join(", ")} wants ${wrong.want.join(", ")} and gets ${wrong.got.join(", ")}.`, "nf-bad");
  } });
  const clear = button(fig, { name: "clear", label: "Clear", onClick: () => { tell(""); fig.write({ wires: {} }); } });
  const pick = segmented(fig, { trait: "challenge", label: "Build", options: Object.keys(CHALLENGES).map((name) => [name, name]) });
  fig.watch("challenge", () => {
    mine = null;
    show.label("Show me");
    tell("");
    circuit.forget();
  });
  const node = stack(pick, circuit, row(...switches, checkNow, show, clear), note, h("div", { class: "nf-scroll nf-free", tabindex: "0", role: "region", "aria-label": "The circuit on all its input rows" }, table), byMenu);
  node.redraw = () => {
    circuit.redraw();
    table.update();
    byMenu.update();
    switches.forEach((one, i) => {
      one.set(Boolean(model.get("inputs")[i]));
      one.hidden = i >= state().challenge.inputs.length;
    });
  };
  return node;
}

// What is said about this circuit.
export function boardWords({ challenge, wires, inputs, key }) {
  const found = check(challenge, wires);
  const values = evaluate(challenge, wires, inputs);
  const used = gatesOf(challenge).filter((gate) => Object.values(wires).includes(gate)).length;
  const words = [
    `For ${challenge.inputs.map((name, i) => `${label(name)} = ${inputs[i]}`).join(", ")} this circuit gives ${challenge.outputs.map((name) => `${name} ${values[name]}`).join(", ")}. For ${key}: ${found.right} of ${found.rows.length} rows right, ${used} ${used === 1 ? "NAND" : "NANDs"} in use.`,
  ];
  for (const gate of doubled(challenge, wires))
    words.push(`${label(gate)} takes ${label(wires[`${gate}.a`])} twice: one connection of weight −4 would do the same.`);
  return words;
}
