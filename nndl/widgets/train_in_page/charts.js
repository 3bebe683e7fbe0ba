// The pictures of train_in_page: accuracy, cost, and what each neuron of the first layer weighs.

// Round numbers on a logarithmic axis: powers of ten where there are enough, else finer steps, else even ones.
export function logTicks(lo, hi) {
  const inside = (factors) => {
    const found = [];
    for (let e = Math.floor(Math.log10(lo)); e <= Math.ceil(Math.log10(hi)); e++) {
      found.push(...factors.map((k) => Number(`${k}e${e}`)).filter((value) => value >= lo * 0.999 && value <= hi * 1.001));
    }
    return found;
  };
  const found = [[1], [1, 3], [1, 2, 5]].map(inside).find((values) => values.length >= 3) ?? ticks([lo, hi], 4);
  return found.filter((_, i) => i % Math.ceil(found.length / 6) === 0);
}

// Where the axis of accuracies begins, in percent: at 80 if nothing shown is below, else at 0.
export function accuracyFloor(runs) {
  const all = runs.flatMap((run) => run.seeds.flatMap((c) => [...c.training_accuracy, ...c.held_out_accuracy]));
  return all.length && Math.min(...all) >= 0.8 ? 80 : 0;
}

// The range of the costs to be shown: of those that are finite and above 0, at most eight powers of ten.
export function costRange(runs) {
  const all = runs.flatMap((run) => run.seeds.flatMap((c) => [...c.training_cost, ...c.held_out_cost])).filter((v) => Number.isFinite(v) && v > 0);
  if (!all.length) return [0.01, 1];
  const low = Math.min(...all);
  return [low / 1.3, Math.max(2 * low, Math.min(Math.max(...all), low * 1e8)) * 1.2];
}

const LINES = [
  { name: "training", color: "var(--nf-vermillion)", ink: "var(--nf-bad)" }, // words need more contrast than lines
  { name: "held_out", color: "var(--nf-blue)", ink: "var(--nf-blue)" },
];

// Labels at the right end of their curves, pushed apart until none covers another.
function endLabels(g, x, labels) {
  const placed = labels.filter((label) => Number.isFinite(label.y)).sort((a, b) => a.y - b.y);
  placed.forEach((label, i) => { if (i) label.y = Math.max(label.y, placed[i - 1].y + 15); });
  for (const label of placed) text(g, x + 6, label.y + 4, label.words, { style: `fill: ${label.color}; font-size: 12px` });
}

// One chart: thin curves per seed, a thick one for their median, a dashed one for the median before.
function drawChart(g, { width, height }, { run, ghost, what, y, domain, options }) {
  const epochs = Math.max(1, run.settings.epochs, ghost ? ghost.settings.epochs : 0);
  const maps = { x: scale([0, epochs], [options.left, width - 62]), y: scale(domain, [height - 40, 24], y === "log") };
  axes(g, { ...maps, xlabel: "epoch", ylabel: options.title, yticks: options.ticks });
  const points = (values, first) =>
    values.map((value, e) => [maps.x(e + first), maps.y(value * (options.unit ?? 1))]).filter(([, py]) => Number.isFinite(py)).map(([px, py]) => [px, clamp(py, 20, height - 40)]);
  const labels = [];
  const line = (values, first, color, attributes) => {
    const found = points(values, first);
    if (found.length) curve(g, found, { style: `stroke: ${color}`, ...attributes });
    return found.length ? found[found.length - 1][1] : NaN;
  };
  options.before?.(g, maps);
  if (ghost) {
    const before = medianRun(ghost);
    for (const { name, color } of LINES) line(before[`${name}_${what}`], ghost.first, color, { "stroke-dasharray": "5 4", "stroke-width": 1.5, "stroke-opacity": 0.75 });
  }
  const median = medianRun(run);
  for (const { name, color, ink } of LINES) {
    const curveName = `${name}_${what}`;
    if (run.seeds.length > 1) {
      // One path for all seeds: a fan of ten, redrawn many times a second, has to be cheap.
      const d = run.seeds.map((seed) => path(points(seed[curveName], run.first))).join("");
      g.append(svg("path", { d, class: "nf-curve", style: `stroke: ${color}`, "stroke-width": 1, "stroke-opacity": 0.35 }));
    }
    labels.push({ words: name === "training" ? "training" : "held out", color: ink, y: line(median[curveName], run.first, color, { "stroke-width": 2.4 }) });
  }
  endLabels(g, width - 62, labels);
}

// Accuracy in percent, with the level of guessing where it is in sight.
export function drawAccuracy(g, size, run, ghost, classes) {
  const floor = accuracyFloor(ghost ? [run, ghost] : [run]);
  const chance = (layer, maps) => {
    if (floor) return;
    const y = maps.y(100 / classes);
    layer.append(svg("line", { x1: maps.x.range[0], x2: maps.x.range[1], y1: y, y2: y, class: "nt-chance" }));
    text(layer, maps.x.range[1] - 4, y - 5, "guessing", { class: "nf-tick", "text-anchor": "end" });
  };
  const options = { title: "accuracy, %", left: 38, ticks: [0, 1, 2, 3, 4, 5].map((i) => floor + (i * (100 - floor)) / 5), unit: 100, before: chance };
  drawChart(g, size, { run, ghost, what: "accuracy", y: "linear", domain: [floor, 100], options });
}

export function drawCost(g, size, run, ghost) {
  const domain = costRange(ghost ? [run, ghost] : [run]);
  drawChart(g, size, { run, ghost, what: "cost", y: "log", domain, options: { title: "cost, logarithmic", left: 48, ticks: logTicks(...domain) } });
}

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// The color of a weight: from the ground toward orange above 0, toward blue below. share in [-1, 1].
export function weightColor(share, ground, below, above) {
  const end = share < 0 ? below : above;
  const t = Math.min(1, Math.abs(share));
  return ground.map((value, i) => Math.round(value + t * (end[i] - value)));
}

// One small canvas per neuron of the first layer; the grid follows the width of the page.
export function weightGrid(fig) {
  const node = h("div", { class: "nt-weights", role: "img", "data-nndl": `${fig.name}.weights` });
  const shown = [];
  node.show = (weights, neurons, inputs, label) => {
    const side = Math.round(Math.sqrt(inputs));
    node.setAttribute("aria-label", label);
    while (shown.length > neurons) shown.pop().remove();
    while (shown.length < neurons) {
      shown.push(h("canvas", {}));
      node.append(shown[shown.length - 1]);
    }
    const ground = rgbOf("#faf9f5");
    const [below, above] = [rgbOf("#0072b2"), rgbOf("#c65600")];
    shown.forEach((canvas, j) => paintWeights(canvas, weights.subarray(j * inputs, (j + 1) * inputs), side, (share) => weightColor(share, ground, below, above)));
  };
  return node;
}

function paintWeights(canvas, row, side, color) {
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const image = new ImageData(side, side);
  const largest = row.reduce((most, w) => Math.max(most, Math.abs(w)), 0) || 1;
  for (let i = 0; i < side * side; i++) image.data.set([...color(row[i] / largest), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}
