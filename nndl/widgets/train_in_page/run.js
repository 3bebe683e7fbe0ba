// A run: several seeds of one network, advanced an epoch at a time, so that the page can draw in between.
// Runs of the page and runs of a kernel have the same shape: { settings, first, seeds: [curves], done }.

export const CURVES = ["training_cost", "training_accuracy", "held_out_cost", "held_out_accuracy", "slope", "missed"];

const emptyCurves = () => Object.fromEntries(CURVES.map((name) => [name, []]));

// The names of the traits that make a run what it is.
export const SETTINGS = ["eta", "lmbda", "mu", "batch_size", "hidden", "epochs", "seeds", "seed", "cost", "start"];

// One seed's net, measured before its first epoch: point 0 of every curve.
function startSeed(seed, settings, train, heldOut) {
  const chance = generator(seed + 1);
  const [d, h] = [train.x.length / train.y.length, settings.hidden];
  const net = makeNet(h ? [d, h, settings.classes] : [d, settings.classes], chance.normal, settings.start);
  const found = { net, chance, order: Array.from(train.y, (_, i) => i), curves: emptyCurves(), epoch: 0, off: false };
  measureSeed(found, settings, train, heldOut);
  return found;
}

function measureSeed(found, settings, train, heldOut) {
  const n = train.y.length;
  const [own, held] = [train, heldOut].map((data) => evaluateNet(found.net, data, settings, n));
  const values = [own.cost, own.accuracy, held.cost, held.accuracy, own.slope, own.missed];
  CURVES.forEach((name, i) => found.curves[name].push(values[i]));
  found.off = !Number.isFinite(own.cost);
}

// settings: the traits, and classes. seed + 0, 1, 2, ... seeds each start from their own weights and shuffles.
export function startRun(settings, train, heldOut) {
  const nets = Array.from({ length: settings.seeds }, (_, i) => startSeed(settings.seed + i, settings, train, heldOut));
  const run = { settings: { ...settings, n: train.y.length }, train, heldOut, nets, first: 0, done: settings.epochs < 1 };
  run.seeds = nets.map((found) => found.curves);
  return run;
}

// One epoch of the seed that is furthest behind. A seed whose cost is no longer finite rests.
export function advanceRun(run) {
  const { settings, train, heldOut } = run;
  const awake = run.nets.filter((found) => !found.off && found.epoch < settings.epochs);
  const next = awake.reduce((least, found) => (found.epoch < least.epoch ? found : least), awake[0]);
  if (next) {
    trainEpoch(next.net, train, shuffleOrder(next.order, next.chance.uniform), settings);
    next.epoch += 1;
    measureSeed(next, settings, train, heldOut);
  }
  run.done = run.nets.every((found) => found.off || found.epoch >= settings.epochs);
  return run;
}

// The number of epochs that every seed has finished.
export const epochOf = (run) => Math.min(...run.seeds.map((curves) => curves.training_cost.length)) - 1 + run.first;

// What a kernel sent, as a run. Costs that JSON cannot carry came as null.
export function kernelRun(sent, kernelData) {
  const curve = (name) => (sent.curves[name] ?? []).map((value) => (value === null ? NaN : value));
  const curves = {
    training_cost: curve("training_cost"), training_accuracy: curve("training_accuracy"),
    held_out_cost: curve("validation_cost"), held_out_accuracy: curve("validation_accuracy"),
  };
  return {
    settings: { ...sent.settings, seeds: 1, n: kernelData.train, classes: kernelData.classes }, first: 1, seeds: [curves],
    done: sent.state !== "running", state: sent.state, error: sent.error, seconds: sent.seconds,
  };
}

// The median over the seeds, curve by curve.
export function medianRun(run) {
  return Object.fromEntries(Object.keys(run.seeds[0]).map((name) => [name, medianCurve(run.seeds.map((curves) => curves[name]))]));
}

// A slider for lambda or eta with room for 0 at its left end: position 0 is 0, then tenths of a power of ten.
export const zeroLog = (lowest) => ({
  value: (position) => (position < 1 ? 0 : Number((lowest * 10 ** ((position - 1) / 10)).toPrecision(2))),
  position: (value) => (value <= 0 ? 0 : Math.max(1, Math.round(1 + 10 * Math.log10(value / lowest)))),
});

// The program that repeats a run with nndl. data: { name, inputs, classes }; name "page" is the figure's own data.
export function programOf(settings, data) {
  const s = settings;
  const cost = s.cost === "quadratic" ? "Quadratic" : "CrossEntropy";
  const start = s.start === "large" ? "Large" : "Default";
  const held = data.name === "page" ? "held_out" : "validation";
  const source = { page: "train, held_out = small_digits()", MNIST: "train, validation, test = load_mnist()" }[data.name];
  const names = ["Dense", "Network", cost, start, ...(data.name === "MNIST" ? ["load_mnist"] : [])];
  const sorted = names.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(", ");
  const widths = [data.inputs, ...(s.hidden ? [s.hidden] : []), data.classes];
  const layers = widths.slice(1).map((n, i) => `Dense(${widths[i]}, ${n})`).join(", ");
  return [
    `from nndl import ${sorted}`,
    ...(data.name === "page" ? ["from nndl.widgets.train_in_page import small_digits"] : []),
    "",
    source ?? "# train and validation are your own Data",
    `net = Network([${layers}], cost=${cost}(), initializer=${start}(), seed=${s.seed})`,
    "history = net.fit(",
    `    train, epochs=${s.epochs}, batch_size=${s.batch_size},`,
    `    eta=${s.eta}, lmbda=${s.lmbda}, mu=${s.mu}, validation=${held},`,
    ")",
    `print(f"{net.accuracy(${held}):.1%}")`,
    "",
  ].join("\n");
}
