// The network of draw_digit: reading its weights from bytes, and the forward pass.

const ACTIVATIONS = {
  sigmoid: (z) => z.map((v) => { const e = Math.exp(-Math.abs(v)); return (v >= 0 ? 1 : e) / (1 + e); }),
  tanh: (z) => z.map(Math.tanh),
  relu: (z) => z.map((v) => Math.max(0, v)),
  linear: (z) => z.slice(),
  softmax: (z) => {
    const top = Math.max(...z);
    const e = z.map((v) => Math.exp(v - top));
    const sum = e.reduce((total, v) => total + v, 0);
    return e.map((v) => v / sum);
  },
};

// view: a DataView; layout: { sizes, dtype, activations }. For each layer: w (n_out, n_in) as int8 or float32, then,
// for int8, a float32 scale for each neuron, then b as float32; little-endian throughout.
export function readNet(view, { sizes, dtype, activations }) {
  let offset = 0;
  const floats = (n) => Float64Array.from({ length: n }, () => { offset += 4; return view.getFloat32(offset - 4, true); });
  return activations.map((activation, l) => {
    const [nIn, nOut] = [sizes[l], sizes[l + 1]];
    if (dtype !== "int8") return { nIn, nOut, activation, w: floats(nIn * nOut), b: floats(nOut) };
    const w = Float64Array.from({ length: nIn * nOut }, () => view.getInt8(offset++));
    const scales = floats(nOut);
    for (let i = 0; i < w.length; i++) w[i] *= scales[Math.floor(i / nIn)];
    return { nIn, nOut, activation, w, b: floats(nOut) };
  });
}

// [{ z, a }, ...] of each layer, for one image of 784 values.
export function feedforward(net, image) {
  const found = [];
  let input = image;
  for (const { nIn, nOut, activation, w, b } of net) {
    const z = b.slice();
    for (let j = 0; j < nOut; j++) for (let k = 0; k < nIn; k++) z[j] += w[j * nIn + k] * input[k];
    input = ACTIVATIONS[activation](z);
    found.push({ z, a: input });
  }
  return found;
}

// The labels from the largest output to the smallest; of equals the smaller label first.
export const ranking = (a) => Array.from(a, (_, j) => j).sort((i, j) => a[j] - a[i] || i - j);

// The verdict for every shift of up to `reach` pixels: rows of labels, from the upper left.
export function shiftMap(net, image, reach) {
  const steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return steps.map((dy) => steps.map((dx) => {
    const outputs = feedforward(net, shiftImage(image, dx, dy));
    return ranking(outputs[outputs.length - 1].a)[0];
  }));
}
