// One perceptron on two inputs: the plane with its line, the four rows, and the step that a sigmoid becomes.

const LO = -0.6;
const HI = 1.6;
const WEIGHT = 6; // sliders reach from -6 to 6
const BIAS = 9;

// Shades the plane by the output: a gradient across the line, sharp for a step.
function shade(g, maps, state) {
  const { w1, w2, b } = state;
  const size = Math.hypot(w1, w2);
  const box = { x: maps.x(LO), y: maps.y(HI), width: maps.x(HI) - maps.x(LO), height: maps.y(LO) - maps.y(HI), rx: 6 };
  if (size === 0) {
    g.append(svg("rect", { ...box, class: "nf-one", "fill-opacity": 0.42 * output(state, b) }));
    return;
  }
  // Along the normal through the middle of the plane, from t = -2 to 2, the weighted input is linear.
  const [n1, n2] = [w1 / size, w2 / size];
  const middle = (LO + HI) / 2;
  const at0 = weightedInput(state, [middle, middle]);
  const end = (t) => [maps.x(middle + t * n1), maps.y(middle + t * n2)];
  const [[x1, y1], [x2, y2]] = [end(-2), end(2)];
  const id = uid();
  const stops = new Set(Array.from({ length: 65 }, (_, i) => -2 + i / 16));
  const edge = -at0 / size;
  if (Math.abs(edge) < 2) [edge - 1e-4, edge + 1e-4].forEach((t) => stops.add(t));
  const sorted = [...stops].sort((p, q) => p - q);
  g.append(
    svg("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1, y1, x2, y2 },
      sorted.map((t) => svg("stop", { offset: (t + 2) / 4, class: "nf-stop", "stop-opacity": 0.42 * output(state, at0 + t * size) }))),
    svg("rect", { ...box, fill: `url(#${id})` }),
  );
}

// A corner of the square: filled where the output is 1, with a tick or a cross against the target.
function corner(g, maps, row, wanted) {
  const [cx, cy] = [maps.x(row.x[0]), maps.y(row.x[1])];
  g.append(svg("circle", { cx, cy, r: 12, class: "nf-corner" }), svg("circle", { cx, cy, r: 12, class: "nf-lit", "fill-opacity": row.a }));
  text(g, cx, cy + 4.5, String(row.bit), { class: row.a > 0.5 ? "nf-on" : "nf-off", "text-anchor": "middle" });
  const right = row.bit === wanted;
  text(g, cx + 17, cy - 8, right ? "✓" : "✗", { class: right ? "nf-yes" : "nf-no" });
}

const setAll = (node, attributes) => Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));

// The line, an arrow to the side of the ones, and the grips that lie on it.
function drawLine(g, maps, s, grips) {
  const ends = visibleLine(s, LO, HI);
  for (const grip of Object.values(grips)) grip.style.display = ends ? "" : "none";
  if (!ends) return;
  const [[x1, y1], [x2, y2]] = ends.map(([u, v]) => [maps.x(u), maps.y(v)]);
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const size = Math.hypot(s.w1, s.w2);
  const [ax, ay] = [(s.w1 / size) * 26, (-s.w2 / size) * 26];
  const tip = `M${mx + ax * 1.3} ${my + ay * 1.3}l${-ax * 0.4 - ay * 0.2} ${-ay * 0.4 + ax * 0.2}l${ay * 0.4} ${-ax * 0.4}z`;
  g.append(svg("line", { x1, y1, x2, y2, class: "nf-line" }), svg("path", { d: `M${mx} ${my}l${ax} ${ay}`, class: "nf-line" }), svg("path", { d: tip, class: "nf-tip" }));
  const [fx, fy] = y1 <= y2 ? [x1, y1] : [x2, y2];
  setAll(grips.line, { x1, y1, x2, y2 });
  setAll(grips.turn, { cx: fx + 0.12 * (mx - fx), cy: fy + 0.12 * (my - fy) });
}

function drawPlane(g, size, s, grips) {
  const side = Math.min(size.width, size.height);
  const left = Math.max(46, (size.width - side) / 2 + 23);
  const width = Math.min(side - 30, size.width - left - 2);
  const maps = { x: scale([LO, HI], [left, left + width]), y: scale([LO, HI], [width + 4, 4]) };
  shade(g, maps, s);
  for (const v of [0, 1]) {
    text(g, maps.x(v), maps.y(LO) + 15, `*x*₁ = ${v}`, { class: "nf-tick", "text-anchor": "middle" });
    text(g, left - 5, maps.y(v) + 4, `*x*₂ = ${v}`, { class: "nf-tick", "text-anchor": "end" });
  }
  drawLine(g, maps, s, grips);
  truthTable(s).forEach((row, i) => corner(g, maps, row, TARGETS[s.target][i]));
  return maps;
}

// Dragging the line shifts it; dragging its round end turns it about its middle, the side of the ones kept.
function dragLine(fig, state, node, grips, maps) {
  const inside = (v) => clamp(v, LO + 0.05, HI - 0.05);
  const toPlane = (p) => [inside(maps().x.invert(p.x)), inside(maps().y.invert(p.y))];
  const put = (next) => {
    const round = (v, most) => Number(clamp(v, -most, most).toFixed(2)) + 0;
    fig.write({ w1: round(next.w1, WEIGHT), w2: round(next.w2, WEIGHT), b: round(next.b, BIAS) });
  };
  drag(fig, grips.line, { frame: node.svg, move: (p) => put(lineThrough(state(), toPlane(p))) });
  let pivot = [0.5, 0.5];
  let sense = 1;
  const from = (p) => toPlane(p).map((v, i) => sense * (v - pivot[i]));
  drag(fig, grips.turn, {
    frame: node.svg,
    start: (p) => {
      const [a, b] = visibleLine(state(), LO, HI);
      pivot = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      sense = 1;
      const [d1, d2] = from(p);
      sense = d1 * state().w2 - d2 * state().w1 >= 0 ? 1 : -1;
    },
    move: (p) => {
      const d = from(p);
      if (Math.hypot(...d) > 0.05) put(lineAlong(state(), pivot, d));
    },
  });
}

function plane(fig, state) {
  let maps = null;
  const grips = { line: svg("line", { class: "nf-grip-line" }), turn: svg("circle", { r: 9, class: "nf-grip" }) };
  const node = stage(fig, { name: "plane", label: "The plane of the two inputs", height: (width) => Math.min(width - 18, 320), draw: (g, size) => {
    maps = drawPlane(g, size, state(), grips);
    node.describe(`The plane of the two inputs. Corners: ${truthTable(state()).map((row) => `${row.x.join("")} gives ${row.bit}`).join(", ")}.`);
  } });
  node.handles.append(grips.line, grips.turn);
  dragLine(fig, state, node, grips, () => maps);
  return node;
}

// The output against the weighted input, with the four rows as dots on the curve.
function squash(fig, state) {
  const node = stage(fig, { name: "curve", label: "Output against weighted input", height: () => 150, draw: (g, { width, height }) => {
    const s = state();
    const rows = truthTable(s);
    const reach = Math.max(4, ...rows.map((row) => 1.1 * Math.abs(row.z)));
    const maps = { x: scale([-reach, reach], [30, width - 8]), y: scale([0, 1], [height - 40, 16]) };
    axes(g, { ...maps, xlabel: "weighted input *z*", ylabel: "output", yticks: [0, 1] });
    const steps = [[-reach, 0], [0, 0], [0, 1], [reach, 1]].map(([z, a]) => [maps.x(z), maps.y(a)]);
    curve(g, steps, { class: s.neuron === "step" ? "nf-curve" : "nf-curve nf-ghost" });
    if (s.neuron === "sigmoid") {
      const zs = Array.from({ length: 161 }, (_, i) => -reach + (i / 80) * reach);
      curve(g, zs.map((z) => [maps.x(z), maps.y(output(s, z))]));
    }
    rows.forEach((row) => g.append(svg("circle", { cx: maps.x(row.z), cy: maps.y(row.a), r: 5, class: "nf-row-dot" })));
    node.describe(`Output against weighted input: ${rows.map((row) => `${format(row.z)} gives ${format(row.a)}`).join(", ")}.`);
  } });
  return node;
}

function truthRows(fig, state) {
  const cell = (words, attributes = {}) => h("td", attributes, ...rich(words));
  const body = h("tbody");
  const wanted = h("th", { scope: "col" });
  const node = h("table", { class: "nf-truth", "data-nndl": "nand_board.truth" },
    h("caption", { class: "nf-hidden" }, "What the perceptron gives on the four rows"),
    h("thead", {}, h("tr", {}, ["*x*₁", "*x*₂", "*z*", "output"].map((words) => h("th", { scope: "col" }, ...rich(words))), wanted)), body);
  node.update = () => {
    const s = state();
    wanted.textContent = s.target;
    body.replaceChildren(...truthTable(s).map((row, i) => {
      const want = TARGETS[s.target][i];
      const light = h("span", { class: "nf-light", style: `--lit: ${row.a.toFixed(3)}` });
      return h("tr", {}, cell(`${row.x[0]}`), cell(`${row.x[1]}`), cell(format(row.z)),
        h("td", {}, light, s.neuron === "sigmoid" ? row.a.toFixed(3) : String(row.bit)),
        cell(`${want} ${row.bit === want ? "✓" : "✗"}`, { class: row.bit === want ? "nf-good" : "nf-bad" }));
    }));
  };
  return node;
}

// What is said about this perceptron.
export function perceptronWords(s, best) {
  const rows = truthTable(s);
  const right = score(rows.map((row) => row.bit), TARGETS[s.target]);
  const name = gateName(rows.map((row) => row.bit));
  const words = [`This perceptron computes: ${name}. For ${s.target}: ${right} of 4 rows right.`];
  if (s.target === "XOR") words.push(`No straight line puts 01 and 10 on one side, 00 and 11 on the other: 3 of 4 is the most. Your best is ${best}.`);
  if (s.neuron === "sigmoid") {
    const ties = rows.filter((row) => row.z === 0);
    const gap = Math.max(...rows.filter((row) => row.z !== 0).map((row) => row.gap), 0);
    words.push(`With *c* = ${format(s.c)} the sigmoid differs from the step by at most ${format(gap)} on these rows.`);
    if (ties.length) words.push(`Where *z* = 0 it gives 1/2 however large *c* grows: scaling cannot turn that row into a step.`);
  }
  return words;
}

export function perceptronView(fig, state) {
  const map = plane(fig, state);
  const bend = squash(fig, state);
  const table = truthRows(fig, state);
  const scaleSlider = slider(fig, { trait: "c", label: "scale *c* of *w* and *b*", min: 0.25, max: 100, log: true });
  const presets = row(h("span", { class: "nf-soft" }, "Set them to"), ...Object.entries(PRESETS).map(([name, values]) =>
    button(fig, { name: `preset.${name}`, label: name, describe: `Set the perceptron to ${name}`, onClick: () => fig.write(values) })));
  const node = stack(
    segmented(fig, { trait: "target", label: "Target", options: Object.keys(TARGETS).map((name) => [name, name]) }),
    h("div", { class: "nf-split" },
      stack(map),
      stack(table,
        slider(fig, { trait: "w1", label: "weight *w*₁", min: -WEIGHT, max: WEIGHT, step: 0.05 }),
        slider(fig, { trait: "w2", label: "weight *w*₂", min: -WEIGHT, max: WEIGHT, step: 0.05 }),
        slider(fig, { trait: "b", label: "bias *b*", min: -BIAS, max: BIAS, step: 0.05 }),
        presets)),
    h("div", { class: "nf-split" },
      bend,
      stack(segmented(fig, { trait: "neuron", label: "Neuron", options: [["step", "step"], ["sigmoid", "sigmoid"]] }), scaleSlider)),
  );
  node.redraw = () => {
    map.redraw();
    bend.redraw();
    table.update();
    scaleSlider.hidden = state().neuron === "step";
  };
  return node;
}
