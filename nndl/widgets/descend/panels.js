// The drawings of the figure: the valley from above, and three views beside it.

const REACH = 3; // the map shows -3 to 3 on both axes

function arrow(g, [x1, y1], [x2, y2], color) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (!(length > 3 && length < 1e5)) return;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const size = Math.min(8, length / 2);
  const back = [x2 - ux * size, y2 - uy * size];
  const wing = size * 0.45;
  g.append(
    svg("line", { x1, y1, x2: back[0], y2: back[1], stroke: color, "stroke-width": 2 }),
    svg("path", { d: `M${x2} ${y2}L${back[0] - uy * wing} ${back[1] + ux * wing}L${back[0] + uy * wing} ${back[1] - ux * wing}Z`, fill: color }),
  );
}

const dot = (g, [cx, cy], r, kind) => g.append(svg("circle", { cx, cy, r, class: kind }));
const onPage = (points) => points.filter((p) => p.every(Number.isFinite)).map((p) => p.map((v) => clamp(v, -1e4, 1e4)));

// Level curves of a quadratic are ellipses, evenly spaced along the steep axis.
function levels(g, { k, flat, tilt }, x, y) {
  const unit = x(1) - x(0);
  const steepest = Math.max(k, flat);
  const count = Math.ceil((REACH * Math.SQRT2) / 0.35);
  for (let j = count; j > 0; j--) {
    const level = steepest * (0.35 * j) ** 2;
    g.append(svg("ellipse", {
      cx: x(0), cy: y(0), rx: unit * Math.sqrt(level / k), ry: unit * Math.sqrt(level / flat), transform: `rotate(${-tilt} ${x(0)} ${y(0)})`, class: "nf-level",
    }));
  }
}

// The valley from above. `run` is what descend() returned, `next` the step after it.
export function drawMap(g, { width, height }, state, run, next) {
  const side = Math.min(width, height);
  const x = scale([-REACH, REACH], [(width - side) / 2 + 1, (width + side) / 2 - 1]);
  const y = scale([-REACH, REACH], [side - 1, 1]);
  const to = ([a, b]) => [x(a), y(b)];
  const clip = uid();
  const box = { x: x(-REACH), y: y(REACH), width: side - 2, height: side - 2, rx: 6 };
  const inside = svg("g", { "clip-path": `url(#${clip})` });
  g.append(svg("clipPath", { id: clip }, svg("rect", box)), inside, svg("rect", { ...box, class: "nf-frame" }));
  levels(inside, state, x, y);
  if (state.batch_size < EXAMPLES) {
    const drawn = new Set(next.batches[0]);
    examples(state.seed).forEach((p, i) => dot(inside, to(p), drawn.has(i) ? 3 : 1.8, drawn.has(i) ? "nf-drawn" : "nf-example"));
  }
  dot(inside, to([0, 0]), 2.5, "nf-bottom");
  curve(inside, onPage(run.path.map(to)), { class: "nf-curve nf-path" });
  if (run.path.length < 80) onPage(run.path.map(to)).forEach((p) => dot(inside, p, 3, "nf-footprint"));
  const ball = to(run.path.at(-1));
  if (state.batch_size < EXAMPLES) {
    const full = times(matrix(state), run.path.at(-1)).map((u, d) => run.path.at(-1)[d] - state.eta * u);
    arrow(inside, ball, to(full), "var(--nf-soft)");
  }
  arrow(inside, ball, to(next.path[1]), state.batch_size < EXAMPLES ? "var(--nf-orange)" : "var(--nf-ink)");
  if (ball.every(Number.isFinite)) dot(inside, ball, 7, "nf-ball");
  return { x, y };
}

const frame = ({ width, height }, xdomain, ydomain, log = false) => ({
  x: scale(xdomain, [50, width - 10]),
  y: scale(ydomain, [height - 42, 26], log),
});

// A cut through the valley along its steep axis: a parabola of curvature k, and where the ball touched it.
export function drawSide(g, size, state, run) {
  const turn = (state.tilt * Math.PI) / 180;
  const u = run.path.map(([a, b]) => a * Math.cos(turn) + b * Math.sin(turn)).filter((v) => Math.abs(v) < 1e30).slice(-40);
  const reach = Math.max(REACH, ...u.map((v) => 1.08 * Math.abs(v)));
  const height = (v) => (state.k * v * v) / 2;
  const maps = frame(size, [-reach, reach], [0, height(reach)]);
  axes(g, { ...maps, xlabel: "across the valley", ylabel: "*C* = ½ *k* × distance²" });
  const bowl = Array.from({ length: 81 }, (_, i) => -reach + (i / 40) * reach);
  curve(g, bowl.map((v) => [maps.x(v), maps.y(height(v))]), { class: "nf-curve nf-bowl" });
  const points = u.map((v) => [maps.x(v), maps.y(height(v))]);
  curve(g, points, { class: "nf-curve nf-path" });
  points.slice(0, -1).forEach((p) => dot(g, p, 3, "nf-footprint"));
  dot(g, points.at(-1), 7, "nf-ball");
}

// The cost after each step on a logarithmic axis: a straight line where the factor per step is constant.
export function drawCosts(g, size, state, run) {
  const begin = run.costs[0];
  if (begin === 0) {
    instead(g, size, "The ball starts at the bottom.");
    return;
  }
  const costs = run.costs.filter((c) => Number.isFinite(c) && c < 1e60);
  const low = Math.max(Math.min(begin / 200, ...costs.filter((c) => c > 0)), begin * 1e-8);
  const maps = frame(size, [0, Math.max(10, run.costs.length - 1)], [low / 1.5, Math.max(begin, ...costs) * 1.5], true);
  axes(g, { ...maps, xlabel: "step", ylabel: "cost *C*", yticks: decades(maps.y.domain) });
  const goal = maps.y(begin / 100);
  g.append(svg("line", { x1: maps.x.range[0], x2: maps.x.range[1], y1: goal, y2: goal, class: "nf-goal" }));
  text(g, maps.x.range[1], goal - 6, "1 % of the start", { class: "nf-label", "text-anchor": "end" });
  const points = costs.map((c, t) => [maps.x(t), maps.y(Math.max(c, low / 1.5))]);
  curve(g, points, { class: "nf-curve nf-path" });
  points.slice(0, -1).forEach((p) => dot(g, p, 2.5, "nf-footprint"));
  dot(g, points.at(-1), 6, "nf-ball");
}

const instead = (g, { width, height }, words) => text(g, width / 2, height / 2, words, { class: "nf-label", "text-anchor": "middle" });

const decades = (domain) => {
  const found = ticks(domain, 5, true);
  return found.length > 1 ? found : [domain[0] * 1.5, domain[1] / 1.5];
};

// From where the ball stands: the change of cost against eta, as promised by the gradient (a line) and as it comes.
export function drawPromise(g, size, state, run) {
  const a = matrix(state);
  const { gradient, promised, actual } = promise(a, run.path.at(-1), state.eta);
  const square = gradient[0] ** 2 + gradient[1] ** 2;
  const bend = 2 * cost(a, gradient);
  if (!(square > 1e-20 && square < 1e30)) {
    instead(g, size, square > 1 ? "The gradient is too large to draw." : "The gradient is 0 here: nothing to promise.");
    return;
  }
  const best = square / bend;
  const depth = (best * square) / 2;
  const far = 1.25 * Math.max(state.eta, 1.7 * best);
  const change = (eta) => -eta * square + (eta * eta * bend) / 2;
  const low = Math.min(-2.3 * depth, state.eta > best ? 1.05 * promised : 0);
  const maps = frame(size, [0, far], [low, Math.max(0.35 * depth, change(far))]);
  axes(g, { ...maps, xlabel: "learning rate *η*", ylabel: "change of *C* in the next step" });
  const at0 = maps.y(0);
  g.append(svg("line", { x1: maps.x(0), x2: maps.x(far), y1: at0, y2: at0, class: "nf-axis" }));
  const end = Math.min(far, -low / square);
  curve(g, [[maps.x(0), at0], [maps.x(end), maps.y(-end * square)]], { class: "nf-curve nf-promised" });
  const etas = Array.from({ length: 61 }, (_, i) => (i / 60) * far);
  curve(g, etas.map((eta) => [maps.x(eta), maps.y(change(eta))]), { class: "nf-curve nf-true" });
  const here = maps.x(state.eta);
  g.append(svg("line", { x1: here, x2: here, y1: maps.y.range[0], y2: maps.y.range[1], class: "nf-goal" }));
  if (promised >= low) dot(g, [here, maps.y(promised)], 5, "nf-dot-promised");
  dot(g, [here, maps.y(actual)], 5, "nf-dot-true");
  namePromise(g, maps, { eta: state.eta, best, square, change, end });
}

// Both curves are named where there is room: beside the line and under the parabola, or, far out, above the line.
function namePromise(g, { x, y }, { eta, best, square, change, end }) {
  const word = (at, row, words, anchor) => text(g, at, row, words, { class: `nf-word-${words}`, "text-anchor": anchor });
  if (eta > 2 * best) {
    word(x(0.5 * end) + 4, y(-0.5 * end * square) - 5, "promised", "start");
    word(x(eta) - 11, y(change(eta)) + 2, "true", "end");
  } else {
    word(x(0.8 * end) - 9, y(-0.8 * end * square) + 4, "promised", "end");
    word(x(best), y(change(best)) + 18, "true", "middle");
  }
}

// The pad's background: what becomes of the ball, by eta times curvature.
// A small mark shows the other axis of the valley at the same eta.
export function drawRegions(g, { x, y }, { mu, eta, flat }) {
  const slow = Math.max(0, 1 + mu - SLOW - mu / SLOW);
  const swing = mu > 0 ? (1 + Math.sqrt(mu)) ** 2 : 1;
  const bounds = [[1e-9, slow, "slow"], [slow, swing, "good"], [swing, stableLimit(mu), "swing"], [stableLimit(mu), 1e9, "bad"]];
  const etas = Array.from({ length: 121 }, (_, i) => x.invert(x.range[0] + (i / 120) * (x.range[1] - x.range[0])));
  const edge = (product) => etas.map((eta) => [x(eta), y(clamp(product / eta, ...y.domain))]);
  for (const [from, to, kind] of bounds)
    if (to > from) g.append(svg("path", { d: `${path([...edge(from), ...edge(to).reverse()])}Z`, class: `nf-region nf-region-${kind}` }));
  const limit = edge(stableLimit(mu)).filter(([, row]) => row > y.range[1] && row < y.range[0]);
  curve(g, limit, { class: "nf-curve nf-limit" });
  const [left, right] = x.range;
  const [bottom, top] = y.range;
  if (slow > 0.004) text(g, left + 8, bottom - 9, "too small", { class: "nf-region-name" });
  text(g, left + 0.36 * (right - left), bottom - 0.42 * (bottom - top), "good", { class: "nf-region-name", "text-anchor": "middle" });
  text(g, right - 8, top + 18, "diverges", { class: "nf-region-name", "text-anchor": "end" });
  if (stableLimit(mu) / swing > 1.5) nameBand(g, { x, y }, Math.sqrt(swing * stableLimit(mu)));
  const [mx, my] = [x(clamp(eta, ...x.domain)), y(clamp(flat, ...y.domain))];
  dot(g, [mx, my], 4.5, "nf-other");
  text(g, mx + 9, my + 4, "along", { class: "nf-region-name" });
}

// "overshoots" along the band where eta k is `product`.
function nameBand(g, { x, y }, product) {
  const [px, py] = [x(product), y(1)];
  const decade = (map) => Math.abs(map(map.domain[0] * 10) - map.range[0]);
  const angle = (Math.atan2(decade(y), decade(x)) * 180) / Math.PI;
  text(g, px, py + 4, "overshoots", { class: "nf-region-name", "text-anchor": "middle", transform: `rotate(${angle} ${px} ${py})` });
}
