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

// The drawing, and what a pointer does to it; `act` changes wires and switches.
function circuitStage(fig, state, act) {
  const hand = newHand();
  const pins = svg("g", { class: "nf-pins" });
  const node = stage(fig, { name: "circuit", label: "The circuit", height: (width) => clamp(0.5 * width, 250, 310), draw: (g, size) => {
    const now = state();
    const values = evaluate(now.challenge, now.wires, now.inputs);
    hand.places = layout(now.challenge, size);
    drawCircuit(g, hand, now, values, act);
    const shape = `${now.key} ${size.width}`;
    if (shape !== hand.built) placePins(hand, pins);
    hand.built = shape;
    markPins(hand, pins, now.wires, values);
    node.describe(`The circuit. ${inWords(now, values)}.`);
  } });
  drag(fig, pins, {
    frame: node.svg,
    start: (p) => {
      hand.pull = { from: nearest(hand, p), to: [p.x, p.y] };
      return hand.pull.from !== null;
    },
    move: (p) => {
      hand.pull.to = [p.x, p.y];
      if (nearest(hand, p) !== hand.pull.from) hand.picked = null;
      node.redraw();
    },
    end: (p, event) => {
      const { from } = hand.pull;
      hand.pull = null;
      if (event.type === "pointerup") release(hand, state().wires, act, from, nearest(hand, p));
      node.redraw();
    },
  });
  node.handles.append(pins);
  node.forget = () => Object.assign(hand, { picked: null, built: "" });
  return node;
}

const inWords = ({ challenge, inputs }, values) =>
  `For ${challenge.inputs.map((name, i) => `${label(name)} = ${inputs[i]}`).join(", ")} this circuit gives ${challenge.outputs.map((name) => `${name} ${values[name]}`).join(", ")}`;

// The same wiring with native menus.
function menus(fig, state, act) {
  const box = h("div", { class: "nf-menus" });
  const node = disclosure(fig, { name: "menus", label: "Wire with menus" }, box);
  const made = {}; // the menus of each challenge, once it was chosen
  const build = (challenge) => Object.fromEntries(pinsOf(challenge).map((pin) => {
    const options = [["", "no wire"], ...sourcesOf(challenge).map((name) => [name, label(name)])];
    return [pin, choice(fig, { name: `wire.${pin}`, label: pinLabel(pin), options, value: "", onInput: (source) => act.connect(source || null, pin) })];
  }));
  let shown = "";
  node.update = () => {
    const { challenge, wires, key } = state();
    const selects = (made[key] ??= build(challenge));
    if (shown !== key) box.replaceChildren(...Object.values(selects));
    shown = key;
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

// What the reader can do to the circuit, and the line that answers.
function actions(fig, state) {
  const { model } = fig;
  const note = h("p", { class: "nf-verdict", role: "status", "data-nndl": "nand_board.verdict" });
  const tell = (words, kind = "") => { note.className = `nf-verdict ${kind}`; note.textContent = words; };
  const flip = (i) => fig.write({ inputs: model.get("inputs").map((bit, j) => (j === i ? 1 - bit : bit)) });
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
  // Runs every row; where one fails, turns the switches to it, so that the reader can follow the signal.
  const checkAll = () => {
    const { challenge, wires } = state();
    const found = check(challenge, wires);
    const wrong = found.rows.find((row) => !row.right);
    if (!wrong) {
      tell(`All ${found.rows.length} rows right.`, "nf-good");
      return;
    }
    fig.write({ inputs: [wrong.x[0], wrong.x[1] ?? model.get("inputs")[1]] });
    const failing = challenge.inputs.map((name, i) => `${label(name)} = ${wrong.x[i]}`).join(", ");
    tell(`${found.right} of ${found.rows.length} rows right. The switches now show the first that fails: ${failing} wants ${wrong.want.join(", ")} and gets ${wrong.got.join(", ")}.`, "nf-bad");
  };
  return { note, tell, flip, connect, checkAll };
}

// Shows the solution, and gives the reader's own wires back.
function showMe(fig, state, act) {
  let mine = null;
  const node = button(fig, { name: "show", label: "Show me", onClick: () => {
    const back = mine;
    mine = back ? null : state().wires;
    act.tell("");
    fig.write({ wires: back ?? state().challenge.solution });
    node.label(mine ? "Back to mine" : "Show me");
  } });
  node.forget = () => {
    mine = null;
    node.label("Show me");
  };
  return node;
}

export function boardView(fig, state) {
  const act = actions(fig, state);
  const circuit = circuitStage(fig, state, act);
  const table = resultTable(fig, state);
  const byMenu = menus(fig, state, act);
  const bits = () => fig.model.get("inputs");
  const switches = [0, 1].map((i) => toggle(fig, { name: `x${i + 1}`, label: `*x*${"₁₂"[i]} on`, value: Boolean(bits()[i]), onInput: () => act.flip(i) }));
  const show = showMe(fig, state, act);
  const checkNow = button(fig, { name: "check", label: "Check all rows", primary: true, onClick: act.checkAll });
  const clear = button(fig, { name: "clear", label: "Clear", onClick: () => { act.tell(""); fig.write({ wires: {} }); } });
  const pick = segmented(fig, { trait: "challenge", label: "Build", options: Object.keys(CHALLENGES).map((name) => [name, name]) });
  fig.watch("challenge", () => {
    show.forget();
    act.tell("");
    circuit.forget();
  });
  const box = h("div", { class: "nf-scroll nf-free", tabindex: "0", role: "group", "aria-label": "The circuit on all its input rows" }, table);
  const node = stack(pick, circuit, row(...switches, checkNow, show, clear), act.note, box, byMenu);
  node.redraw = () => {
    circuit.redraw();
    table.update();
    byMenu.update();
    switches.forEach((one, i) => {
      one.set(Boolean(bits()[i]));
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
    `${inWords({ challenge, inputs }, values)}. For ${key}: ${found.right} of ${found.rows.length} rows right, ${used} ${used === 1 ? "NAND" : "NANDs"} in use.`,
  ];
  for (const gate of doubled(challenge, wires))
    words.push(`${label(gate)} takes ${label(wires[`${gate}.a`])} twice: one connection of weight −4 would do the same.`);
  return words;
}
