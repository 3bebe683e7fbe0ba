// A multilayer perceptron with sigmoid neurons, in float64: the arithmetic of train_in_page, apart from its drawing.
// The same sums as nndl.Network, in the same order of examples; the tests hold the two equal.
// Weights are flat, row by row: w[l][j * n_in + k] leads from neuron k to neuron j of layer l.

// exp(-|z|) cannot overflow, whichever sign z has.
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

// ln(1 + e^z) without overflow.
function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

// normal() draws from N(0, 1). start: "large" is N(0, 1) throughout; "default" has weights N(0, 1 / n_in).
export function makeNet(sizes, normal, start) {
  const net = { sizes, w: [], b: [], vw: [], vb: [] };
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [nIn, nOut] = [sizes[l], sizes[l + 1]];
    const scale = start === "large" ? 1 : 1 / Math.sqrt(nIn);
    net.w.push(Float64Array.from({ length: nIn * nOut }, () => scale * normal()));
    net.b.push(Float64Array.from({ length: nOut }, normal));
    net.vw.push(new Float64Array(nIn * nOut));
    net.vb.push(new Float64Array(nOut));
  }
  return net;
}

// Weighted inputs z and activations a of one layer, for the input x starting at `from`.
function forwardLayer(w, b, x, from, nIn, z, a) {
  for (let j = 0; j < b.length; j++) {
    let sum = b[j];
    const row = j * nIn;
    for (let k = 0; k < nIn; k++) sum += w[row + k] * x[from + k];
    z[j] = sum;
    a[j] = sigmoid(sum);
  }
}

// Room for one example's z, a and delta in every layer, and for the sums over a mini-batch.
function workspace(net) {
  const wide = net.sizes.slice(1);
  const fields = () => wide.map((n) => new Float64Array(n));
  return { z: fields(), a: fields(), delta: fields(), nablaW: net.w.map((w) => new Float64Array(w.length)), nablaB: fields() };
}

function forward(net, x, from, space) {
  for (let l = 0; l < net.w.length; l++) {
    const input = l ? space.a[l - 1] : x;
    forwardLayer(net.w[l], net.b[l], input, l ? 0 : from, net.sizes[l], space.z[l], space.a[l]);
  }
  return space.a[net.w.length - 1];
}

// BP1: the error of the output layer, (a - y) sigma'(z) for the quadratic cost, a - y for the cross-entropy.
function outputError(a, label, cost, delta) {
  for (let j = 0; j < a.length; j++) {
    const miss = a[j] - (j === label ? 1 : 0);
    delta[j] = cost === "quadratic" ? miss * a[j] * (1 - a[j]) : miss;
  }
}

// BP2: the error of the layer below, through the transposed weights.
function errorBelow(w, delta, a, below) {
  below.fill(0);
  for (let j = 0; j < delta.length; j++) {
    const row = j * below.length;
    for (let k = 0; k < below.length; k++) below[k] += w[row + k] * delta[j];
  }
  for (let k = 0; k < below.length; k++) below[k] *= a[k] * (1 - a[k]);
}

// BP3 and BP4: this example's share of the gradient, added to the mini-batch's sums.
function addGradient(net, x, from, space) {
  for (let l = 0; l < net.w.length; l++) {
    const input = l ? space.a[l - 1] : x;
    const offset = l ? 0 : from;
    const [delta, nIn] = [space.delta[l], net.sizes[l]];
    for (let j = 0; j < delta.length; j++) {
      const d = delta[j];
      const row = j * nIn;
      space.nablaB[l][j] += d;
      for (let k = 0; k < nIn; k++) space.nablaW[l][row + k] += d * input[offset + k];
    }
  }
}

// v' = mu v - eta (nabla C0 + lambda / n w), w' = w + v'; biases are never penalized.
function update(net, space, m, n, { eta, lmbda, mu }) {
  const decay = lmbda / n;
  for (let l = 0; l < net.w.length; l++) {
    const [w, b, vw, vb] = [net.w[l], net.b[l], net.vw[l], net.vb[l]];
    for (let i = 0; i < w.length; i++) w[i] += vw[i] = mu * vw[i] - eta * (space.nablaW[l][i] / m + decay * w[i]);
    for (let j = 0; j < b.length; j++) b[j] += vb[j] = mu * vb[j] - (eta * space.nablaB[l][j]) / m;
    space.nablaW[l].fill(0);
    space.nablaB[l].fill(0);
  }
}

// One epoch over data.x (n rows), data.y (labels), in the given order; the last mini-batch may be short.
export function trainEpoch(net, data, order, settings) {
  const [n, d, last] = [order.length, net.sizes[0], net.w.length - 1];
  const space = workspace(net);
  for (let start = 0; start < n; start += settings.batch_size) {
    const end = Math.min(n, start + settings.batch_size);
    for (let i = start; i < end; i++) {
      forward(net, data.x, order[i] * d, space);
      outputError(space.a[last], data.y[order[i]], settings.cost, space.delta[last]);
      for (let l = last; l > 0; l--) errorBelow(net.w[l], space.delta[l], space.a[l - 1], space.delta[l - 1]);
      addGradient(net, data.x, order[i] * d, space);
    }
    update(net, space, end - start, n, settings);
  }
}

// One example's cost, from z for the cross-entropy, so that it stays finite where a rounds to 0 or 1.
function exampleCost(z, a, label, cost) {
  let sum = 0;
  for (let j = 0; j < a.length; j++) {
    const y = j === label ? 1 : 0;
    sum += cost === "quadratic" ? (a[j] - y) ** 2 / 2 : softplus(z[j]) - y * z[j];
  }
  return sum;
}

function argmax(a) {
  let best = 0;
  for (let j = 1; j < a.length; j++) if (a[j] > a[best]) best = j;
  return best;
}

// The L2 term, lambda / 2n times the sum of the squared weights; n is the size of the training set.
function penalty(net, lmbda, n) {
  let sum = 0;
  for (const w of net.w) for (let i = 0; i < w.length; i++) sum += w[i] * w[i];
  return (lmbda / (2 * n)) * sum;
}

// Mean cost with its penalty, accuracy, the mean slope sigma'(z) = a (1 - a) of the output neurons (at most 1/4), and
// the number of labels of which less than a quarter is recognized.
export function evaluateNet(net, data, settings, n) {
  const [d, m, last] = [net.sizes[0], data.y.length, net.w.length - 1];
  const space = workspace(net);
  const right = new Array(net.sizes[last + 1]).fill(0);
  const seen = right.slice();
  let [cost, slope] = [0, 0];
  for (let i = 0; i < m; i++) {
    const a = forward(net, data.x, i * d, space);
    cost += exampleCost(space.z[last], a, data.y[i], settings.cost);
    seen[data.y[i]] += 1;
    if (argmax(a) === data.y[i]) right[data.y[i]] += 1;
    for (let j = 0; j < a.length; j++) slope += a[j] * (1 - a[j]);
  }
  return {
    cost: cost / m + penalty(net, settings.lmbda, n),
    accuracy: right.reduce((sum, count) => sum + count) / m,
    slope: slope / m / right.length,
    missed: right.filter((count, label) => seen[label] && count < 0.25 * seen[label]).length,
  };
}

// Fisher-Yates: order is shuffled in place; random() is uniform in [0, 1).
export function shuffleOrder(order, random) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// Pixels 0..16 of the small digits, as numbers in [0, 1].
export function unpackDigits(bytes, labels) {
  return { x: Float64Array.from(bytes, (v) => v / 16), y: Uint8Array.from(labels) };
}
