// The arithmetic of the figure: one perceptron on two inputs, and circuits of NANDs. No drawing here.

export const ROWS = [[0, 0], [0, 1], [1, 0], [1, 1]];
export const TARGETS = { AND: [0, 0, 0, 1], OR: [0, 1, 1, 1], NAND: [1, 1, 1, 0], XOR: [0, 1, 1, 0] };
export const PRESETS = {
  AND: { w1: 2, w2: 2, b: -3 },
  OR: { w1: 2, w2: 2, b: -1 },
  NAND: { w1: -2, w2: -2, b: 3 },
};

export const step = (z) => (z > 0 ? 1 : 0);

// Written so that exp never overflows.
export const sigmoid = (z) => {
  const e = Math.exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
};

// Rounded to 12 decimals: 0.1 + 0.2 - 0.3 is a tie, whatever binary fractions make of it.
export const weightedInput = ({ w1, w2, b }, [x1, x2]) => Number((w1 * x1 + w2 * x2 + b).toFixed(12)) + 0;

export const output = ({ neuron, c }, z) => (neuron === "sigmoid" ? sigmoid(c * z) : step(z));

// What this perceptron does on the four rows: z, its step, its output, and how far output and step are apart.
export function truthTable(state) {
  return ROWS.map((x) => {
    const z = weightedInput(state, x);
    const a = output(state, z);
    return { x, z, a, bit: step(z), gap: Math.abs(a - step(z)) };
  });
}

const NAMES = {
  "0000": "never 1", "0001": "AND", "0010": "x₁ AND NOT x₂", "0011": "x₁", "0100": "x₂ AND NOT x₁", "0101": "x₂", "0110": "XOR",
  "0111": "OR", 1000: "NOR", 1001: "XNOR", 1010: "NOT x₂", 1011: "x₁ OR NOT x₂", 1100: "NOT x₁", 1101: "x₂ OR NOT x₁", 1110: "NAND", 1111: "always 1",
};
export const gateName = (bits) => NAMES[bits.join("")];
export const score = (bits, wanted) => bits.filter((bit, i) => bit === wanted[i]).length;

// The part of the line w1 x1 + w2 x2 + b = 0 inside the square [lo, hi] x [lo, hi]: two ends, or null.
export function visibleLine({ w1, w2, b }, lo, hi) {
  const ends = [];
  const add = (x, y) => {
    if (x < lo - 1e-9 || x > hi + 1e-9 || y < lo - 1e-9 || y > hi + 1e-9) return;
    if (!ends.some(([u, v]) => Math.hypot(u - x, v - y) < 1e-6)) ends.push([x, y]);
  };
  for (const side of [lo, hi]) {
    if (w2) add(side, -(b + w1 * side) / w2);
    if (w1) add(-(b + w2 * side) / w1, side);
  }
  return ends.length >= 2 ? ends.slice(0, 2) : null;
}

// Shift the line so that it passes through p; turn it about p so that it runs in direction d. |w| stays.
export const lineThrough = ({ w1, w2 }, [p1, p2]) => ({ w1, w2, b: -(w1 * p1 + w2 * p2) });
export function lineAlong({ w1, w2 }, [p1, p2], [d1, d2]) {
  const size = Math.hypot(w1, w2) / (Math.hypot(d1, d2) || 1);
  return lineThrough({ w1: -d2 * size, w2: d1 * size }, [p1, p2]);
}

// ---- circuits. A circuit is a record of wires { pin: source }: pins "g1.a", "g1.b" and the outputs' names; sources
// "x1", "x2", "g1" ... A pin without a wire reads 0.

export const nand = (a, b) => step(-2 * a - 2 * b + 3);

const XOR = { "g1.a": "x1", "g1.b": "x2", "g2.a": "x1", "g2.b": "g1", "g3.a": "g1", "g3.b": "x2", "g4.a": "g2", "g4.b": "g3" };
export const CHALLENGES = {
  NOT: {
    inputs: ["x1"], outputs: ["out"], want: ([a]) => [1 - a], at: { g1: [1, 0.5] }, cols: 1,
    solution: { "g1.a": "x1", "g1.b": "x1", out: "g1" },
  },
  AND: {
    inputs: ["x1", "x2"], outputs: ["out"], want: ([a, b]) => [a & b], at: { g1: [1, 0.5], g2: [2, 0.5] }, cols: 2,
    solution: { "g1.a": "x1", "g1.b": "x2", "g2.a": "g1", "g2.b": "g1", out: "g2" },
  },
  OR: {
    inputs: ["x1", "x2"], outputs: ["out"], want: ([a, b]) => [a | b], cols: 2,
    at: { g1: [1, 0.24], g2: [1, 0.76], g3: [2, 0.5] },
    solution: { "g1.a": "x1", "g1.b": "x1", "g2.a": "x2", "g2.b": "x2", "g3.a": "g1", "g3.b": "g2", out: "g3" },
  },
  XOR: {
    inputs: ["x1", "x2"], outputs: ["out"], want: ([a, b]) => [a ^ b], cols: 3,
    at: { g1: [1, 0.5], g2: [2, 0.2], g3: [2, 0.8], g4: [3, 0.5] },
    solution: { ...XOR, out: "g4" },
  },
  "half adder": {
    inputs: ["x1", "x2"], outputs: ["sum", "carry"], want: ([a, b]) => [a ^ b, a & b], cols: 3,
    at: { g1: [1, 0.47], g2: [2, 0.14], g3: [2, 0.5], g5: [2, 0.86], g4: [3, 0.32] },
    solution: { ...XOR, "g5.a": "g1", "g5.b": "g1", sum: "g4", carry: "g5" },
  },
};

export const gatesOf = (challenge) => Object.keys(challenge.at).sort();
export const pinsOf = (challenge) => [...gatesOf(challenge).flatMap((g) => [`${g}.a`, `${g}.b`]), ...challenge.outputs];
export const sourcesOf = (challenge) => [...challenge.inputs, ...gatesOf(challenge)];
export const rowsOf = (challenge) => (challenge.inputs.length === 1 ? [[0], [1]] : ROWS);

// Would a wire from source to pin close a loop? Walk upstream from the source.
export function wouldLoop(wires, source, pin) {
  const goal = pin.split(".")[0];
  const seen = new Set();
  const reaches = (node) => {
    if (node === goal) return true;
    if (!node || seen.has(node)) return false;
    seen.add(node);
    return reaches(wires[`${node}.a`]) || reaches(wires[`${node}.b`]);
  };
  return reaches(source);
}

// The wires among these that the challenge has pins for, one by one, so that none closes a loop.
export function soundWires(challenge, wires) {
  const [pins, sources] = [pinsOf(challenge), sourcesOf(challenge)];
  const sound = {};
  for (const [pin, source] of Object.entries(wires))
    if (pins.includes(pin) && sources.includes(source) && !wouldLoop(sound, source, pin)) sound[pin] = source;
  return sound;
}

// The value of every source and pin for these inputs.
export function evaluate(challenge, wires, inputs) {
  const values = Object.fromEntries(challenge.inputs.map((name, i) => [name, inputs[i]]));
  const read = (pin) => (wires[pin] ? value(wires[pin]) : 0);
  const value = (name) => (values[name] ??= nand(read(`${name}.a`), read(`${name}.b`)));
  for (const name of sourcesOf(challenge)) value(name);
  for (const pin of pinsOf(challenge)) values[pin] = read(pin);
  return values;
}

// The circuit on all its input rows: what is wanted, what comes.
export function check(challenge, wires) {
  const rows = rowsOf(challenge).map((x) => {
    const values = evaluate(challenge, wires, x);
    const want = challenge.want(x);
    const got = challenge.outputs.map((name) => values[name]);
    return { x, want, got, right: got.every((bit, i) => bit === want[i]) };
  });
  return { rows, right: rows.filter((row) => row.right).length, solved: rows.every((row) => row.right) };
}

// Gates that take one output twice: the same as one connection of weight -4.
export const doubled = (challenge, wires) =>
  gatesOf(challenge).filter((g) => wires[`${g}.a`] && wires[`${g}.a`] === wires[`${g}.b`]);
