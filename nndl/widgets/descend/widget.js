// Descend: gradient descent in a valley of adjustable curvature. Everything shown follows from the traits: the path is
// computed anew from them, so the number of steps can be scrubbed both ways while eta moves.

const TRAITS = ["eta", "k", "flat", "tilt", "batch_size", "mu", "steps", "start", "seed"];
const MOST = 100; // steps on the timeline

const WORDS = {
  diverges: ["Diverges.", "nf-bad", ({ q, limit, size }) => `*ηk* = ${q} is above ${limit}: every step lands ${size} times as far from the bottom as the last.`],
  "on the edge": ["On the edge.", "nf-bad", ({ q }) => `*ηk* = ${q}: the ball jumps from side to side for ever and never gets lower.`],
  overshoots: ["Overshoots.", "", ({ q }) => `*ηk* = ${q} is between 1 and the limit: every step crosses the bottom, but lands lower.`],
  "too small": ["Too small.", "", () => "It comes down safely, but needs more than a hundred steps to 1 % of the cost."],
  good: ["Good.", "nf-good", ({ swings }) => (swings ? "It swings about the bottom, less with every turn." : "It comes down without crossing the bottom, and in reasonable time.")],
};

function share(now, begin) {
  if (begin === 0) return "it began at the bottom";
  const ratio = now / begin;
  if (!(ratio < 2)) return `${format(ratio)} times the start`;
  return ratio < 1e-4 ? "less than 0.01 % of the start" : `${format(100 * ratio)} % of the start`;
}

function summary(state, run) {
  const steepest = Math.max(state.k, state.flat);
  const { size, swings } = factor(state.eta, steepest, state.mu);
  const fact = { q: format(state.eta * steepest), limit: format(stableLimit(state.mu)), size: format(size), swings };
  const [name, kind, because] = WORDS[verdict(state)];
  const now = run.costs.at(-1);
  const v = run.path.at(-1);
  const gone = Math.max(...v.map(Math.abs)) > REACH ? " The ball has left the map." : "";
  const { promised, actual } = promise(matrix(state), v, state.eta);
  const crawls = factor(state.eta, Math.min(state.k, state.flat), state.mu).size > SLOW;
  const also = crawls && verdict(state) === "overshoots" ? " In the flat direction it crawls." : "";
  const one = (k) => (state.mu ? format(factor(state.eta, k, state.mu).size) : format(1 - state.eta * k));
  return [
    h("div", {}, h("b", {}, `Step ${run.path.length - 1}: cost ${format(now)}`), ` (${share(now, run.costs[0])}).${gone}`),
    h("div", {}, ...rich(`Factor per step${state.mu ? "" : " 1 − *ηk*"}: ${one(state.k)} across the valley, ${one(state.flat)} along it.`)),
    h("div", {}, h("b", { class: kind }, name), " ", ...rich(because(fact) + also)),
    h("div", { class: "nf-soft" }, ...rich(`Next step of plain descent: −*η*⁠|⁠∇⁠*C*⁠|² promises ${format(promised)}; the true change is ${format(actual)}.`)),
    state.batch_size < EXAMPLES
      ? h("div", { class: "nf-soft" }, ...rich(`Gradients of ${state.batch_size} examples miss the full one by about ${format(noise(state))}, a distance that falls as 1/√*m*: near the bottom the ball trembles.`))
      : "",
  ];
}

export const descendCode = (state) => `from nndl.widgets.descend import Valley

valley = Valley(k=${state.k}, flat=${state.flat}, tilt=${state.tilt}, seed=${state.seed})
eta, mu = ${state.eta}, ${state.mu}
v, velocity = ${python(state.start)}, 0.0
for step, batch in enumerate(valley.batches(steps=${state.steps}, batch_size=${state.batch_size}), start=1):
    velocity = mu * velocity - eta * valley.gradient(v, batch)
    v = v + velocity
    print(step, v, valley.cost(v))
`;

const readStart = (said) => {
  const found = said.split(",").map(within(-REACH, REACH));
  return found.length === 2 && !found.includes(undefined) ? found : undefined;
};

// Guess first, then see. Any change of the valley or of the rates clears the answer.
function prediction(fig, state) {
  const id = uid();
  const guess = h("input", { id, type: "number", min: 1, max: LIMIT, step: 1, class: "nf-number", "data-nndl": "descend.guess", inputmode: "numeric" });
  const answer = h("p", { class: "nf-answer", role: "status", "data-nndl": "descend.answer" });
  const reveal = button(fig, { name: "reveal", label: "Reveal", onClick: () => {
    const steps = stepsToOnePercent(state());
    const said = guess.value ? `You said ${guess.value}. ` : "";
    answer.textContent = said + (steps === null ? `Not within ${LIMIT} steps.` : `It takes ${steps} ${steps === 1 ? "step" : "steps"}.`);
    if (steps !== null) fig.write({ steps: Math.min(steps, MOST) });
  } });
  fig.watch("eta k flat tilt batch_size mu start seed", () => { answer.textContent = ""; });
  return h("div", { class: "nf-predict" },
    row(h("label", { for: id }, "Predict: how many steps to 1 % of the starting cost?"), guess, reveal, answer));
}

function moves(fig, state) {
  const forward = (by) => fig.write({ steps: clamp(state().steps + by, 0, MOST) });
  const more = () => {
    const { costs } = descend(state());
    return state().steps < MOST && costs.at(-1) > costs[0] * 1e-7 && costs.at(-1) < costs[0] * 1e12;
  };
  const play = button(fig, { name: "run", label: "Run", primary: true, onClick: () => {
    if (!run.running && !more()) fig.write({ steps: 0 });
    // Who asked for less motion sees where it ends.
    if (fig.still) while (more()) forward(1);
    else run.toggle();
  } });
  const run = runner(fig, { perSecond: 12, onChange: (on) => play.label(on ? "Pause" : "Run"), step: () => {
    forward(1);
    return more();
  } });
  return row(
    play,
    button(fig, { name: "step", label: "Step", onClick: () => { run.stop(); forward(1); } }),
    button(fig, { name: "back", label: "Back", onClick: () => { run.stop(); forward(-1); } }),
    button(fig, { name: "reset", label: "Reset", onClick: () => { run.stop(); fig.write({ steps: 0 }); } }),
  );
}

// The map, with the start as an object to drag.
function mapStage(fig, state, current) {
  let maps = null;
  const handle = svg("circle", { r: 11, class: "nf-start" });
  const node = stage(fig, { name: "map", label: "The valley from above", height: (width) => Math.min(width, 340), draw: (g, size) => {
    const { run, next } = current();
    maps = drawMap(g, size, state(), run, next);
    const [x, y] = state().start;
    handle.setAttribute("cx", maps.x(x));
    handle.setAttribute("cy", maps.y(y));
    const v = run.path.at(-1);
    node.describe(`The valley from above: the ball is at ${format(v[0])}, ${format(v[1])} after ${run.path.length - 1} steps; the bottom is at 0, 0.`);
  } });
  node.handles.append(handle);
  const put = (p) => {
    const back = (map, pixel) => Number(clamp(map.invert(pixel), -0.97 * REACH, 0.97 * REACH).toFixed(2));
    fig.write({ start: [back(maps.x, p.x), back(maps.y, p.y)] });
  };
  drag(fig, handle, { frame: node.svg, move: put });
  return node;
}

function startSliders(fig, state) {
  return [0, 1].map((d) => {
    const node = slider(fig, {
      name: `start${d + 1}`, label: `start, *v*${"₁₂"[d]}`, min: -2.9, max: 2.9, step: 0.1, value: state().start[d],
      onInput: (value) => fig.write({ start: state().start.map((old, i) => (i === d ? value : old)) }),
    });
    fig.watch("start", () => node.set(state().start[d]));
    return node;
  });
}

const PANELS = { side: drawSide, cost: drawCosts, promise: drawPromise };
const LABELS = { side: "A cut across the valley", cost: "The cost after each step", promise: "Promised and true change of the cost" };

function panelStage(fig, state, current) {
  const node = stage(fig, { name: "view", label: LABELS.side, height: (width) => clamp(1.08 * width, 200, 380), draw: (g, size) => {
    const panel = fig.model.get("panel");
    PANELS[panel](g, size, state(), current().run);
    node.describe(`${LABELS[panel]}; its numbers are in the read-out and in the table.`);
  } });
  return node;
}

function rates(fig, state) {
  return pad(fig, {
    label: "Learning rate against curvature", height: (width) => Math.min(0.75 * width, 270),
    x: { trait: "eta", label: "learning rate *η*", min: 0.01, max: 10, log: true },
    y: { trait: "k", label: "curvature *k* across", min: 0.1, max: 10, log: true },
    background: (g, maps) => drawRegions(g, maps, state()),
  });
}

function sliders(fig, state) {
  return stack(
    slider(fig, { trait: "eta", label: "learning rate *η*", min: 0.01, max: 10, log: true }),
    slider(fig, { trait: "k", label: "curvature *k* across", min: 0.1, max: 10, log: true }),
    slider(fig, { trait: "flat", label: "curvature along", min: 0.1, max: 10, log: true }),
    slider(fig, { trait: "batch_size", label: "mini-batch size *m*", min: 1, max: EXAMPLES, step: 1, text: (m) => (m >= EXAMPLES ? "all 100" : `${m} of 100`) }),
    disclosure(fig, { name: "more", label: "Momentum, tilt, start" }, stack(
      slider(fig, { trait: "mu", label: "momentum *μ*", min: 0, max: 0.95, step: 0.05 }),
      slider(fig, { trait: "tilt", label: "tilt", min: -90, max: 90, step: 1, unit: "°" }),
      ...startSliders(fig, state),
      row(button(fig, { name: "draw", label: "Other mini-batches", onClick: () => fig.write({ seed: state().seed + 1 }) })),
    )),
  );
}

// The run as the traits have it, computed once per change: { run, next }, next being the step after the last.
function walker(state) {
  let held = null;
  const current = () => {
    if (held) return held;
    const ahead = descend({ ...state(), steps: state().steps + 1 });
    const kept = Math.min(state().steps + 1, ahead.path.length - 1);
    const run = { path: ahead.path.slice(0, kept), costs: ahead.costs.slice(0, kept) };
    held = { run, next: { path: ahead.path.slice(kept - 1), batches: ahead.batches.slice(kept - 1) } };
    return held;
  };
  return { current, forget: () => { held = null; } };
}

// Everything in the address of a static page.
const KEPT = {
  eta: within(0.01, 10), k: within(0.1, 10), flat: within(0.1, 10), tilt: within(-90, 90), mu: within(0, 0.95),
  batch_size: wholeWithin(1, EXAMPLES), steps: wholeWithin(0, MOST), seed: wholeWithin(0, 1e6), panel: oneOf(...Object.keys(PANELS)),
  start: { read: readStart, write: (start) => start.join(",") },
};

function render({ model, el }) {
  const fig = figure({
    model, el, name: "descend", title: "A ball in a valley",
    hint: "Raise *η* until the ball crosses the bottom at every step, then until it escapes. Drag the ring to start elsewhere.",
  });
  keepInAddress(fig, KEPT);
  const state = () => Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)]));
  const { current, forget } = walker(state);
  const [map, view, etaK] = [mapStage(fig, state, current), panelStage(fig, state, current), rates(fig, state)];
  const panels = segmented(fig, { trait: "panel", label: h("span", { class: "nf-hidden" }, "View"), options: [["side", "side view"], ["cost", "cost"], ["promise", "promise"]] });
  const timeline = slider(fig, { trait: "steps", label: "steps taken", min: 0, max: MOST, step: 1, text: String });
  fig.body.append(
    h("div", { class: "nf-split" }, stack(map, moves(fig, state), timeline), stack(panels, view)),
    prediction(fig, state),
    h("div", { class: "nf-split" }, etaK, sliders(fig, state)),
  );
  const table = dataTable(fig, { caption: "The ball after each step", content: () => ({
    columns: ["step", "*v*₁", "*v*₂", "cost"],
    rows: current().run.path.map((v, t) => [t, v[0], v[1], current().run.costs[t]]),
  }) });
  const program = copyPython(fig, { code: () => descendCode(state()) });
  const say = later(fig, () => {
    fig.say(...summary(state(), current().run));
    table.update();
    program.update();
  });
  const refresh = () => {
    forget();
    for (const redraw of [map.redraw, view.redraw, say]) redraw();
  };
  fig.watch(`${TRAITS.join(" ")} panel`, refresh);
  fig.watch("mu eta flat", etaK.redraw);
  refresh();
  return fig.destroy;
}

export default { render };
