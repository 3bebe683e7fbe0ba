// NandBoard: one perceptron whose line can be dragged, and a board on which NANDs are wired.

const HINTS = {
  perceptron: "Drag the line, or turn it by its round end, until all four corners are right. Then ask for XOR.",
  board: "Drag from a pin on the right of a gate to a pin on the left of another (or click one, then the other). Each NAND is the perceptron with weights −2, −2 and bias 3; an input without a wire reads 0.",
};

const readInputs = (said) => (/^[01]{2}$/.test(said) ? [...said].map(Number) : undefined);

const readWires = (said) => Object.fromEntries(said.split(",").map((wire) => wire.split(">").reverse()).filter((pair) => pair.length === 2));
const writeWires = (wires) => Object.entries(wires).map(([pin, source]) => `${source}>${pin}`).join(",");

// Everything in the address of a static page.
const KEPT = {
  view: oneOf("perceptron", "board"), neuron: oneOf("step", "sigmoid"), target: oneOf(...Object.keys(TARGETS)),
  challenge: oneOf(...Object.keys(CHALLENGES)), c: within(0.25, 100),
  w1: within(-WEIGHT, WEIGHT), w2: within(-WEIGHT, WEIGHT), b: within(-BIAS, BIAS),
  inputs: { read: readInputs, write: (bits) => bits.join("") },
  wires: { read: readWires, write: writeWires },
};

function perceptronRows(state) {
  const rows = truthTable(state).map((row, i) => [...row.x, row.z, row.a, TARGETS[state.target][i]]);
  return { columns: ["*x*₁", "*x*₂", "*z*", "output", "wanted"], rows };
}

function boardRows({ challenge, wires }) {
  const names = [...sourcesOf(challenge), ...challenge.outputs];
  const rows = rowsOf(challenge).map((x) => {
    const values = evaluate(challenge, wires, x);
    return names.map((name) => values[name]);
  });
  return { columns: names.map(label), rows };
}

function render({ model, el }) {
  const fig = figure({ model, el, name: "nand_board", title: "Perceptrons as gates", hint: " " });
  keepInAddress(fig, KEPT);
  const one = () => Object.fromEntries(["w1", "w2", "b", "neuron", "c", "target"].map((trait) => [trait, model.get(trait)]));
  // Wires that this challenge does not know (from another one, or from an address) are left out.
  const many = () => {
    const key = model.get("challenge");
    const challenge = CHALLENGES[key];
    return { key, challenge, wires: soundWires(challenge, model.get("wires")), inputs: model.get("inputs").slice(0, challenge.inputs.length) };
  };
  const views = { perceptron: perceptronView(fig, one), board: boardView(fig, many) };
  const pick = segmented(fig, { trait: "view", label: h("span", { class: "nf-hidden" }, "View"), options: [["perceptron", "One perceptron"], ["board", "Wire NANDs"]] });
  fig.body.append(pick, ...Object.values(views));
  const single = () => model.get("view") === "perceptron";
  const table = dataTable(fig, { caption: "All input rows", content: () => (single() ? perceptronRows(one()) : boardRows(many())) });
  const program = copyPython(fig, { code: () => (single() ? perceptronCode(one()) : boardCode(many())) });
  let best = { target: null, right: 0 };
  const say = later(fig, () => {
    const { target } = one();
    const right = score(truthTable(one()).map((row) => row.bit), TARGETS[target]);
    best = { target, right: best.target === target ? Math.max(best.right, right) : right };
    fig.say(...(single() ? perceptronWords(one(), best.right) : boardWords(many())).map((words) => h("div", {}, ...rich(words))));
    table.update();
    program.update();
  });
  const refresh = () => {
    const view = model.get("view");
    fig.root.querySelector(".nf-hint").textContent = HINTS[view];
    for (const [name, node] of Object.entries(views)) node.hidden = name !== view;
    views[view].redraw();
    say();
  };
  fig.watch("view w1 w2 b neuron c target challenge wires inputs", refresh);
  refresh();
  return fig.destroy;
}

export default { render };
