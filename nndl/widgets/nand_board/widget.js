// NandBoard: one perceptron whose line can be dragged, and a board on which NANDs are wired.

const HINTS = {
  perceptron: "Drag the line, or turn it by its round end, until all four corners are right. Then ask for XOR.",
  board: "Drag from a pin on the right of a gate to a pin on the left of another (or click one, then the other). Each NAND is the perceptron with weights −2, −2 and bias 3; an input without a wire reads 0.",
};

const readInputs = (said) => (/^[01]{2}$/.test(said) ? [...said].map(Number) : undefined);

// Wires one by one, so that no address can close a loop.
function readWires(said) {
  const wires = {};
  for (const [source, pin] of said.split(",").map((wire) => wire.split(">")))
    if (source && pin && !wouldLoop(wires, source, pin)) wires[pin] = source;
  return wires;
}

function render({ model, el }) {
  const fig = figure({ model, el, name: "nand_board", title: "Perceptrons as gates", hint: " " });
  keepInAddress(fig, {
    view: oneOf("perceptron", "board"), neuron: oneOf("step", "sigmoid"), target: oneOf(...Object.keys(TARGETS)),
    challenge: oneOf(...Object.keys(CHALLENGES)),
    w1: within(-WEIGHT, WEIGHT), w2: within(-WEIGHT, WEIGHT), b: within(-BIAS, BIAS), c: within(0.25, 100),
    inputs: { read: readInputs, write: (bits) => bits.join("") },
    wires: { read: readWires, write: (wires) => Object.entries(wires).map(([pin, source]) => `${source}>${pin}`).join(",") },
  });
  const one = () => Object.fromEntries(["w1", "w2", "b", "neuron", "c", "target"].map((trait) => [trait, model.get(trait)]));
  // A wire that this challenge does not know (from another challenge, or from an address) is left out.
  const many = () => {
    const key = model.get("challenge");
    const challenge = CHALLENGES[key];
    const [pins, sources] = [pinsOf(challenge), sourcesOf(challenge)];
    const known = Object.entries(model.get("wires")).filter(([pin, source]) => pins.includes(pin) && sources.includes(source));
    return { key, challenge, wires: Object.fromEntries(known), inputs: model.get("inputs").slice(0, challenge.inputs.length) };
  };
  const views = { perceptron: perceptronView(fig, one), board: boardView(fig, many) };
  const pick = segmented(fig, { trait: "view", label: h("span", { class: "nf-hidden" }, "View"), options: [["perceptron", "One perceptron"], ["board", "Wire NANDs"]] });
  fig.body.append(pick, ...Object.values(views));
  let best = { target: null, right: 0 };
  const table = dataTable(fig, { caption: "All input rows", content: () => {
    if (model.get("view") === "perceptron")
      return { columns: ["*x*₁", "*x*₂", "*z*", "output", "wanted"], rows: truthTable(one()).map((row, i) => [...row.x, row.z, row.a, TARGETS[one().target][i]]) };
    const { challenge, wires } = many();
    const sources = sourcesOf(challenge);
    return { columns: [...sources.map(label), ...challenge.outputs], rows: rowsOf(challenge).map((x) => {
      const values = evaluate(challenge, wires, x);
      return [...sources, ...challenge.outputs].map((name) => values[name]);
    }) };
  } });
  const program = copyPython(fig, { code: () => (model.get("view") === "perceptron" ? perceptronCode(one()) : boardCode(many())) });
  const say = later(fig, () => {
    const view = model.get("view");
    const right = score(truthTable(one()).map((row) => row.bit), TARGETS[one().target]);
    best = best.target === one().target ? { ...best, right: Math.max(best.right, right) } : { target: one().target, right };
    fig.say(...(view === "perceptron" ? perceptronWords(one(), best.right) : boardWords(many())).map((words) => h("div", {}, ...rich(words))));
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
