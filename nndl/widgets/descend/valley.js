// The arithmetic of the figure: a quadratic valley, gradient descent in it, and what theory says of each step. Its
// Python twin is valley.py; the tests hold the two equal.

export const EXAMPLES = 100;
export const LIMIT = 2000; // steps after which "never" is said
const SPREAD = 0.6;

// The matrix A of C = v.A.v / 2: curvature k along the steep axis, flat along the other, turned by tilt degrees.
export function matrix({ k, flat, tilt }) {
  const c = Math.cos((tilt * Math.PI) / 180);
  const s = Math.sin((tilt * Math.PI) / 180);
  return [[k * c * c + flat * s * s, (k - flat) * c * s], [(k - flat) * c * s, k * s * s + flat * c * c]];
}

export const times = (a, [x, y]) => [a[0][0] * x + a[0][1] * y, a[1][0] * x + a[1][1] * y];
export const cost = (a, v) => {
  const [g0, g1] = times(a, v);
  return (g0 * v[0] + g1 * v[1]) / 2;
};

// One point per training example: the bottom of that example's own valley. Their mean is 0, the bottom of C.
export function examples(seed) {
  const random = generator(seed);
  const points = Array.from({ length: EXAMPLES }, () => [SPREAD * random.normal(), SPREAD * random.normal()]);
  const mean = [0, 1].map((d) => points.reduce((sum, p) => sum + p[d], 0) / EXAMPLES);
  return points.map((p) => [p[0] - mean[0], p[1] - mean[1]]);
}

// Gradient descent with momentum: velocity = mu velocity - eta gradient, v = v + velocity. The gradient is A v, or its
// estimate A (v - mean of a mini-batch's points) where batch < EXAMPLES. Returns every point, cost and mini-batch.
export function descend({ eta, mu, batch_size: batch, seed, start, steps, until = null, ...shape }) {
  const a = matrix(shape);
  const random = generator(seed + 1);
  const points = batch < EXAMPLES ? examples(seed) : [];
  let v = [...start];
  let velocity = [0, 0];
  const found = { path: [v], costs: [cost(a, v)], batches: [], gradients: [] };
  for (let t = 0; t < steps; t++) {
    const drawn = batch < EXAMPLES ? random.permutation(EXAMPLES).slice(0, batch) : [];
    const middle = [0, 1].map((d) => drawn.reduce((sum, i) => sum + points[i][d], 0) / (drawn.length || 1));
    const gradient = times(a, [v[0] - middle[0], v[1] - middle[1]]);
    velocity = velocity.map((u, d) => mu * u - eta * gradient[d]);
    v = v.map((x, d) => x + velocity[d]);
    found.path.push(v);
    found.costs.push(cost(a, v));
    found.batches.push(drawn);
    found.gradients.push(gradient);
    if (until !== null && found.costs.at(-1) <= until) break;
    if (!(Math.hypot(...v) < 1e60)) break;
  }
  return found;
}

// Steps until the cost is at most 1 % of where it began; null if that takes more than LIMIT.
export function stepsToOnePercent(state) {
  const begin = cost(matrix(state), state.start);
  if (begin === 0) return 0;
  const { costs } = descend({ ...state, steps: LIMIT, until: begin / 100 });
  return costs.at(-1) <= begin / 100 ? costs.length - 1 : null;
}

// Along an axis of curvature k the distance to the bottom obeys x'' = (1 + mu - eta k) x' - mu x. The larger root's size
// is the factor per step; without momentum it is |1 - eta k|. swings: the sign changes (or the roots are complex).
export function factor(eta, k, mu = 0) {
  const half = (1 + mu - eta * k) / 2;
  const inside = half * half - mu;
  if (mu > 0 && inside < 0) return { size: Math.sqrt(mu), swings: true };
  const root = Math.sqrt(Math.max(inside, 0));
  return { size: Math.max(Math.abs(half + root), Math.abs(half - root)), swings: half < 0 };
}

export const stableLimit = (mu) => 2 * (1 + mu); // of eta k
export const SLOW = 0.01 ** (1 / 200); // a factor above this needs more than 100 steps to 1 % of the cost

export function verdict({ eta, mu, k, flat }) {
  const across = factor(eta, k, mu);
  const along = factor(eta, flat, mu);
  const steepest = Math.max(k, flat);
  const product = eta * steepest;
  if (product > stableLimit(mu) * (1 + 1e-9)) return "diverges";
  if (Math.abs(product - stableLimit(mu)) <= stableLimit(mu) * 1e-9) return "on the edge";
  if (mu === 0 && product > 1 + 1e-9) return "overshoots";
  if (mu > 0 && product > (1 + Math.sqrt(mu)) ** 2) return "overshoots";
  return Math.max(across.size, along.size) > SLOW ? "too small" : "good";
}

// Change of the cost on a plain step: what the gradient promises, -eta |gradient|^2, and what comes.
export function promise(a, v, eta) {
  const gradient = times(a, v);
  const promised = -eta * (gradient[0] ** 2 + gradient[1] ** 2);
  const actual = cost(a, [v[0] - eta * gradient[0], v[1] - eta * gradient[1]]) - cost(a, v);
  return { promised, actual, gradient };
}

// How far a mini-batch gradient lies from the full one, root mean square: falls as 1 / sqrt(m), and is 0 for m = n.
export function noise({ batch_size: batch, seed, ...shape }) {
  if (batch >= EXAMPLES) return 0;
  const a = matrix(shape);
  const square = examples(seed).reduce((sum, p) => sum + times(a, p).reduce((s, g) => s + g * g, 0), 0) / EXAMPLES;
  return Math.sqrt((square / batch) * ((EXAMPLES - batch) / (EXAMPLES - 1)));
}
