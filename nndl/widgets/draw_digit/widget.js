// Draw a digit: ink on the left, what the network makes of it on the right.

const viewOf = (value) => (value instanceof DataView ? value : new DataView(value.buffer, value.byteOffset, value.byteLength));

// What the figure knows: the ink, the image that goes into the network, and what comes out.
function makeState(model) {
  const view = viewOf(model.get("samples"));
  const samples = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const net = readNet(viewOf(model.get("weights")), model.get("net_layout"));
  const state = { samples, net, cursor: { row: 8, col: 10 }, penDown: false, keys: false, chosen: 0, looked: null };
  state.replay = () => { state.ink = inkPage(model.get("steps"), samples); };
  state.think = () => {
    state.image = model.get("centered") ? centerImage(state.ink, PAGE, PAGE) : shrinkPage(state.ink);
    state.empty = !state.ink.some((v) => v > 0);
    [state.hidden, state.outputs] = feedforward(net, state.image);
  };
  state.replay();
  state.think();
  return state;
}

// What an output is called: only softmax gives shares of 1.
const measureOf = (state) => (state.net[1].activation === "softmax" ? "probability" : "output");

function readOut(fig, state) {
  if (state.empty) return fig.say("An empty page. Draw a digit, or load one.");
  const { a } = state.outputs;
  const [best, second] = ranking(a);
  const number = (j) => a[j].toFixed(2);
  const certain = a[best] >= 0.5;
  const head = certain ? `The network reads ${best}` : `The network is unsure: ${best} at best`;
  fig.say(h("b", { class: certain ? null : "nf-bad" }, head), `, ${measureOf(state)} ${number(best)}. Runner-up: ${second}, ${number(second)}.`);
}

const LABELS = { ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", ArrowRight: "→" };
const WAYS = { ArrowLeft: "left", ArrowUp: "up", ArrowDown: "down", ArrowRight: "right" };

function tools(fig, state) {
  const undo = button(fig, { name: "undo", label: "Undo", onClick: () => fig.write({ steps: fig.model.get("steps").slice(0, -1) }) });
  const clear = button(fig, { name: "clear", label: "Clear", onClick: () => state.add({ kind: "clear" }) });
  const arrows = Object.keys(LABELS).map((key) => button(fig, {
    name: `move_${WAYS[key]}`, label: LABELS[key], describe: `Move the drawing ${WAYS[key]} by one pixel`,
    onClick: () => state.add({ kind: "move", dx: ARROWS[key][0], dy: ARROWS[key][1] }),
  }));
  const node = stack(row(undo, clear, h("span", { class: "dd-arrows", role: "group", "aria-label": "Move the drawing" }, arrows)));
  node.update = () => {
    undo.disabled = !fig.model.get("steps").length;
    clear.disabled = state.empty;
  };
  return node;
}

// Real digits to load; those that the network misreads come last and say so.
function sampleRow(fig, state) {
  const labels = fig.model.get("sample_labels");
  const reads = labels.map((_, i) => ranking(feedforward(state.net, pixelsOf(state, i))[1].a)[0]);
  const buttons = labels.map((label, i) => {
    const canvas = h("canvas", { width: SIDE, height: SIDE });
    canvas.getContext("2d").putImageData(paintInk(new ImageData(SIDE, SIDE), pixelsOf(state, i)), 0, 0);
    const wrong = reads[i] !== label ? `, which the network reads as ${reads[i]}` : "";
    return h("button", {
      type: "button", class: wrong ? "dd-sample dd-wrong" : "dd-sample", "aria-label": `Load a ${label}${wrong}`, title: `a ${label}${wrong}`,
      "data-nndl": `${fig.name}.sample.${i}`, onclick: () => state.add({ kind: "sample", index: i }),
    }, canvas);
  });
  return h("div", { class: "dd-samples", role: "group", "aria-label": "Digits to load" }, buttons);
}

const pixelsOf = (state, i) => Float64Array.from(state.samples.subarray(784 * i, 784 * (i + 1)), (v) => v / 255);

// A program that puts the same image through the same network.
export function programOf(image) {
  const bytes = String.fromCharCode(...image.map((v) => Math.round(255 * v)));
  const lines = btoa(bytes).match(/.{1,96}/g);
  return [
    "import base64", "", "import numpy as np", "", "from nndl.widgets import DrawDigit", "",
    "pixels = base64.b64decode(", ...lines.map((line) => `    "${line}"`), ")",
    "image = np.frombuffer(pixels, np.uint8).reshape(28, 28) / 255",
    "net = DrawDigit().net",
    "print(net.predict(image), net.feedforward(image).round(3))", "",
  ].join("\n");
}

function outputTable(fig, state) {
  return dataTable(fig, { caption: "The ten outputs for this drawing", content: () => ({
    columns: ["digit", "weighted input *z*", measureOf(state)],
    rows: Array.from(state.outputs.a, (a, j) => [String(j), format(state.outputs.z[j]), format(a)]),
  }) });
}

// Everything on the page, in reading order, the read-out right under the drawing; returns the parts that follow the state.
function layOut(fig, state) {
  const page = drawingPage(fig, state);
  const seen = smallPicture(fig, { name: "seen", label: "The 28 by 28 image that the network sees", width: 140 });
  const centered = toggle(fig, { trait: "centered", label: "center and scale it, as MNIST was" });
  const brush = slider(fig, { trait: "brush", label: "brush width", min: 1, max: 5, step: 0.1, text: (v) => v.toFixed(1) });
  const bars = outputBars(fig, state);
  const pressed = tools(fig, state);
  const neuron = neuronView(fig, state);
  const look = (j, choose) => {
    if (choose) state.chosen = j;
    state.looked = choose ? null : j;
    neuron.update();
  };
  const hidden = hiddenStrip(fig, state, look);
  const shifts = shiftView(fig, state);
  const sees = h("div", { class: "dd-sees" }, seen, stack(h("p", { class: "nf-soft dd-caption" }, "What the network sees: 28 × 28 pixels."), centered));
  fig.body.append(
    h("div", { class: "nf-split dd-top" }, stack(page, fig.output, pressed, brush), stack(sees, bars)),
    stack(h("p", { class: "nf-soft dd-caption" }, "Or load a real one; the framed ones fool this network."), sampleRow(fig, state)),
    hidden, neuron, shifts,
  );
  const table = outputTable(fig, state);
  const program = copyPython(fig, { code: () => programOf(state.image) });
  const update = () => {
    page.redraw();
    seen.show(state.image);
    bars.redraw();
    for (const part of [pressed, hidden, neuron, shifts, table, program]) part.update();
    readOut(fig, state);
  };
  return { page, update };
}

function render({ model, el }) {
  const fig = figure({
    model, el, name: "draw_digit", title: "Draw a digit",
    hint: "Try first: switch the centering off and see what becomes of this small 3. Then draw your own.",
  });
  const state = makeState(model);
  const spoken = h("span", { class: "nf-hidden", role: "status" });
  state.tell = (words) => { spoken.textContent = words; };
  state.add = (step) => fig.write({ steps: withStep(model.get("steps"), step).slice(-MAX_STEPS) });
  state.chosen = ranking(state.hidden.a)[0];
  const { update } = layOut(fig, state);
  fig.root.append(spoken);
  const refresh = later(fig, () => {
    state.think();
    update();
  });
  state.onInk = refresh;
  fig.watch("steps", () => {
    state.replay();
    refresh();
  });
  fig.watch("centered", refresh);
  const many = model.get("sample_labels").length;
  keepInAddress(fig, {
    centered: oneOf(true, false), brush: within(1, 5),
    steps: { write: textOfSteps, read: (said) => stepsOfText(said, many) },
  });
  update();
  return fig.destroy;
}

export default { render };
