// What the network makes of the drawing: the image it sees, its outputs, its hidden neurons, and a map of shifts.

const toned = (share) => {
  const end = share < 0 ? [0, 114, 178] : [198, 86, 0];
  return [250, 249, 245].map((value, i) => Math.round(value + Math.min(1, Math.abs(share)) * (end[i] - value)));
};

// A 28 x 28 picture; show(values, signed): signed values in blue and orange on a scale of their largest.
export function smallPicture(fig, { name, label, width }) {
  const buffer = h("canvas", { width: SIDE, height: SIDE });
  const image = new ImageData(SIDE, SIDE);
  const node = raster(fig, { name, label, width, height: width, draw: (context) => {
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer, 0, 0, width, width);
  } });
  node.classList.add("dd-picture");
  node.show = (values, signed = false) => {
    if (signed) {
      const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
      values.forEach((v, i) => image.data.set([...toned(v / largest), 255], 4 * i));
    } else paintInk(image, values);
    buffer.getContext("2d").putImageData(image, 0, 0);
    node.redraw();
  };
  return node;
}

// Ten bars, the largest in color.
export function outputBars(fig, state) {
  return stage(fig, {
    name: "outputs", label: "Outputs for the digits 0 to 9", height: () => 10 * 21 + 6,
    draw: (g, { width }) => {
      const { a } = state.outputs;
      const [best, second] = ranking(a);
      const reach = Math.max(1, ...a.map(Math.abs));
      a.forEach((value, j) => {
        const y = 4 + 21 * j;
        const length = state.empty ? 0 : (Math.max(0, value) / reach) * (width - 82);
        const color = j === best ? "var(--nf-blue)" : j === second ? "var(--nf-orange)" : "var(--nf-soft)";
        text(g, 2, y + 13, String(j), { style: j === best && !state.empty ? "font-weight: 700" : "" });
        g.append(svg("rect", { x: 20, y, width: width - 82, height: 16, rx: 2, style: "fill: var(--nf-raised)" }));
        g.append(svg("rect", { x: 20, y, width: length, height: 16, rx: 2, style: `fill: ${color}` }));
        text(g, width - 56, y + 13, state.empty ? "" : value.toFixed(3), { class: "nf-tick" });
      });
    },
  });
}

// The hidden layer as a strip of radio buttons, so that arrow keys walk along it; hovering looks without choosing.
export function hiddenStrip(fig, state, look) {
  const group = uid();
  const cells = state.net[0].b.length;
  const squares = Array.from({ length: cells }, (_, j) => {
    const input = h("input", { type: "radio", name: group, value: String(j), "aria-label": `hidden neuron ${j}`, "data-nndl": `${fig.name}.hidden.${j}` });
    const square = h("label", { class: "dd-neuron" }, input, h("span", {}));
    fig.listen(input, "change", () => input.checked && look(j, true));
    fig.listen(square, "pointerenter", (event) => event.pointerType === "mouse" && look(j, false));
    return square;
  });
  const strip = h("div", { class: "dd-strip" }, squares);
  fig.listen(strip, "pointerleave", () => look(null, false));
  const node = h("fieldset", { class: "dd-hidden", "data-nndl": `${fig.name}.hidden` }, h("legend", {}, `The ${cells} hidden neurons, dark when active`), strip);
  node.update = () => {
    const { a } = state.hidden;
    const top = Math.max(1, ...a.map(Math.abs));
    squares.forEach((square, j) => {
      const share = a[j] / top;
      square.lastChild.style.background = `rgb(${share < 0 ? toned(share) : [250 - 230 * share, 249 - 225 * share, 245 - 215 * share].map(Math.round)})`;
      square.firstChild.checked = j === state.chosen;
    });
  };
  return node;
}

const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

// One hidden neuron: its weights, its weights times the image, and what it tells the outputs.
export function neuronView(fig, state) {
  const weights = smallPicture(fig, { name: "neuron_weights", label: "Weights of the chosen hidden neuron", width: 112 });
  const products = smallPicture(fig, { name: "neuron_products", label: "Weights of the chosen hidden neuron times the image", width: 112 });
  const words = h("p", { class: "dd-words", "data-nndl": `${fig.name}.neuron` });
  const titled = (title, picture) => h("div", {}, h("p", { class: "nf-soft dd-caption" }, title), picture);
  const node = h("div", { class: "dd-neuron-view" }, titled("weights", weights), titled("weights × image", products), words);
  node.update = () => {
    const j = state.looked ?? state.chosen;
    const [first, second] = state.net;
    const row = first.w.subarray(784 * j, 784 * (j + 1));
    weights.show(row, true);
    products.show(row.map((w, i) => w * state.image[i]), true);
    const sent = Array.from(second.b, (_, k) => second.w[k * second.nIn + j]);
    const order = ranking(sent);
    const [most, least] = [order[0], order[order.length - 1]];
    words.replaceChildren(
      h("b", {}, `Neuron ${j}`), `: z = ${signed(state.hidden.z[j])}, a = ${state.hidden.a[j].toFixed(2)}. `,
      `When active it speaks most for ${most} (weight ${signed(sent[most])}) and most against ${least} (${signed(sent[least])}).`,
    );
  };
  return node;
}

const REACH = 6;

// The verdict wherever the drawing might have been, up to 6 pixels off. Computed only while it is open.
export function shiftView(fig, state, move) {
  const words = h("p", { class: "nf-soft dd-caption", "data-nndl": `${fig.name}.shift_words` });
  let labels = null;
  const map = stage(fig, { name: "shift_map", label: "Verdict by shift", height: (width) => Math.min(width, 320), draw: (g, { height }) => {
    if (!labels) return;
    const cell = height / (2 * REACH + 1);
    const here = labels[REACH][REACH];
    labels.forEach((line, r) => line.forEach((label, c) => {
      const same = label === here;
      g.append(svg("rect", { x: c * cell, y: r * cell, width: cell - 1, height: cell - 1, style: `fill: ${same ? "var(--nf-blue)" : "var(--nf-raised)"}` }));
      text(g, (c + 0.5) * cell, (r + 0.5) * cell + 4, String(label), { "text-anchor": "middle", style: `font-size: 12px; fill: ${same ? "var(--nf-on-blue)" : "var(--nf-ink)"}` });
    }));
    g.append(svg("rect", { x: REACH * cell, y: REACH * cell, width: cell - 1, height: cell - 1, style: "fill: none; stroke: var(--nf-ink); stroke-width: 2.5" }));
  } });
  const node = disclosure(fig, { name: "shifts", label: "What if the image sat elsewhere?" }, words, map);
  node.update = () => {
    if (!node.open) return;
    labels = state.empty ? null : shiftMap(state.net, state.image, REACH);
    const all = labels ? labels.flat() : [];
    const same = all.filter((label) => label === labels[REACH][REACH]).length;
    words.textContent = state.empty ? "Draw something first."
      : `The image above, moved by up to ${REACH} pixels each way: the verdict stays ${labels[REACH][REACH]} in ${same} of ${all.length} places (blue). The frame marks no shift.`;
    map.describe(words.textContent);
    map.redraw();
  };
  fig.listen(node, "toggle", node.update);
  return node;
}
