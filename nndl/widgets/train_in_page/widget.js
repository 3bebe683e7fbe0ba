// Train in the page: the controls, the pictures and the words of the figure. engines.js trains.

// What a link carries, and how it is read from an address that anybody may have written.
const KEPT = {
  eta: within(0.001, 100), lmbda: within(0, 100), mu: within(0, 0.99), batch_size: wholeWithin(1, 100), hidden: wholeWithin(0, 50),
  seeds: wholeWithin(1, 10), epochs: wholeWithin(5, 200), seed: wholeWithin(0, 1e6),
  cost: oneOf("quadratic", "cross_entropy"), start: oneOf("large", "default"),
};

const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

// The figure's data, as train_in_page/digits.py packed them.
function readDigits(model) {
  const [pixels, labels] = [bytesOf(model.get("pixels")), bytesOf(model.get("labels"))];
  const [n, d] = [model.get("n_train"), pixels.length / labels.length];
  return [unpackDigits(pixels.subarray(0, n * d), labels.subarray(0, n)), unpackDigits(pixels.subarray(n * d), labels.subarray(n))];
}

function sliders(fig) {
  const lmbda = zeroLog(0.01);
  const size = (trait, label, min, max, more = {}) => slider(fig, { trait, label, min, max, step: 1, ...more });
  const penalty = slider(fig, {
    name: "lmbda", label: "regularization *λ*", min: 0, max: 41, step: 1, value: lmbda.position(fig.model.get("lmbda")),
    text: (position) => format(lmbda.value(position)), onInput: (position) => fig.write({ lmbda: lmbda.value(position) }),
  });
  fig.watch("lmbda", () => penalty.set(lmbda.position(fig.model.get("lmbda"))));
  return {
    eta: slider(fig, { trait: "eta", label: "learning rate *η*", min: 0.001, max: 100, log: true }),
    batch: size("batch_size", "mini-batch size *m*", 1, 100),
    hidden: size("hidden", "hidden neurons", 0, 50, { text: (n) => (n ? String(n) : "none") }),
    lmbda: penalty,
    mu: slider(fig, { trait: "mu", label: "momentum *μ*", min: 0, max: 0.99, step: 0.01, text: (v) => v.toFixed(2) }),
    seeds: size("seeds", "seeds", 1, 10),
    epochs: size("epochs", "epochs", 5, 200, { step: 5 }),
  };
}

function choices(fig) {
  return {
    cost: segmented(fig, { trait: "cost", label: "cost", options: [["quadratic", "quadratic"], ["cross_entropy", "cross-entropy"]] }),
    start: segmented(fig, { trait: "start", label: "first weights", options: [["large", "N(0, 1)"], ["default", "N(0, 1/n)"]] }),
  };
}

// What the figure shows now: the run, the one before it, and which engine draws them.
function makeState(model) {
  const [train, heldOut] = readDigits(model);
  const settings = () => ({ ...Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)])), classes: 10 });
  return { train, heldOut, settings, run: startRun({ ...settings(), epochs: 0 }, train, heldOut), ghost: null, engine: "page", live: false, begun: false };
}

function engineBadge(fig, state, choose) {
  const badge = h("span", { class: "nt-badge", "data-nndl": `${fig.name}.engine` });
  const data = fig.model.get("kernel_data") ?? {};
  const pick = segmented(fig, {
    name: "pick", label: "Trained by", value: "page", options: [["page", "this page"], ["kernel", "the kernel"]], onInput: (engine) => choose(engine),
  });
  const elsewhere = h("span", { class: "nf-soft nt-caption" });
  const node = row(badge, elsewhere, pick);
  node.update = () => {
    const many = (n) => n.toLocaleString("en-US");
    const kernel = state.engine === "kernel";
    badge.textContent = kernel ? `live kernel: ${data.name}, ${many(data.train)} examples` : `in this page: ${state.train.y.length} real digits of 8 × 8 pixels`;
    elsewhere.textContent = data.train && !state.live ? `In JupyterLab or Colab it trains on ${data.name}, ${many(data.train)} examples.` : "";
    badge.classList.toggle("nt-live", kernel);
    pick.hidden = !(state.live && data.train);
    pick.set(state.engine);
  };
  node.update();
  return node;
}

function readOut(fig, state) {
  const { run, ghost } = state;
  const median = medianRun(run);
  const at = (name) => median[name][median[name].length - 1];
  if (run.state === "failed") return fig.say(h("b", { class: "nf-bad" }, "The kernel's run stopped. "), run.error ?? "");
  if (!run.seeds[0].training_cost.length) return fig.say("The kernel begins.");
  const numbers = `${percent(at("training_accuracy"), 1)} of the training set, ${percent(at("held_out_accuracy"), 1)} held out`;
  if (state.moving || !run.done) return fig.say(`Epoch ${epochOf(run)} of ${run.settings.epochs}: ${numbers}.`);
  const { kind, text: words } = verdictOf(median, run.settings);
  const head = VERDICTS[kind];
  const spread = run.seeds.map((c) => c.held_out_accuracy[c.held_out_accuracy.length - 1]);
  const fan = run.seeds.length > 1 ? ` Held out, ${run.seeds.length} seeds: ${percent(Math.min(...spread), 1)} to ${percent(Math.max(...spread), 1)}.` : "";
  const before = ghost ? differenceOf(ghost.settings, run.settings) : "";
  const time = run.seconds ? ` ${format(run.seconds)} s in the kernel.` : "";
  fig.say(h("b", { class: kind === "healthy" ? "nf-good" : "nf-bad" }, head), `${words.slice(head.length)}${fan}${time}`, before ? ` Dashed: the run before, with ${before}.` : "");
}

function tableOf(run) {
  const m = medianRun(run);
  const cell = (name, e, show) => (m[name].length > e ? show(m[name][e]) : "");
  const rows = m.training_cost.map((_, e) => [
    String(e + run.first), cell("training_accuracy", e, (v) => percent(v, 1)), cell("held_out_accuracy", e, (v) => percent(v, 1)),
    cell("training_cost", e, (v) => format(v, 4)), cell("held_out_cost", e, (v) => format(v, 4)),
  ]);
  return { columns: ["epoch", "training accuracy", "held-out accuracy", "training cost", "held-out cost"], rows };
}

// In words, what the two charts show when a run has come to rest.
function describeCharts(run, accuracy, cost) {
  const m = medianRun(run);
  const [start, end] = [0, m.training_cost.length - 1];
  if (end < 1) return;
  const both = (what, show) => ["training", "held_out"]
    .map((name) => `${name.replace("_", " ")} from ${show(m[`${name}_${what}`][start])} to ${show(m[`${name}_${what}`][end])}`).join(", ");
  accuracy.describe(`Accuracy over ${end + run.first} epochs: ${both("accuracy", (v) => percent(v, 1))}`);
  cost.describe(`Cost over ${end + run.first} epochs: ${both("cost", (v) => format(v))}`);
}

// The three pictures; redraw() shows the state in all of them.
function pictures(fig, state) {
  const height = (width) => clamp(0.72 * width, 210, 260);
  const accuracy = stage(fig, { name: "accuracy", label: "Accuracy by epoch", height, draw: (g, size) => drawAccuracy(g, size, state.run, state.ghost, state.run.settings.classes) });
  const cost = stage(fig, { name: "cost_chart", label: "Cost by epoch", height, draw: (g, size) => drawCost(g, size, state.run, state.ghost) });
  const weights = weightGrid(fig);
  const caption = h("p", { class: "nf-soft nt-caption" });
  const showWeights = () => {
    const { settings, nets } = state.run;
    const data = fig.model.get("kernel_data") ?? {};
    const sent = nets ? null : new Int8Array(bytesOf(fig.model.get("kernel_weights")).slice().buffer);
    const inputs = nets ? 64 : data.inputs;
    const w = nets ? nets[0].net.w[0] : sent;
    if (!w.length || !Number.isInteger(Math.sqrt(inputs))) return;
    const who = settings.hidden ? "hidden neuron" : "output neuron";
    weights.show(w, w.length / inputs, inputs, `Weights of the ${w.length / inputs} ${who}s as small pictures`);
    caption.textContent = `What each ${who} weighs, pixel by pixel: orange counts for it, blue against it${state.run.seeds.length > 1 ? " (first seed)" : ""}.`;
  };
  const redraw = () => {
    accuracy.redraw();
    cost.redraw();
    showWeights();
    if (!state.moving) describeCharts(state.run, accuracy, cost);
  };
  return { accuracy, cost, weights: stack(caption, weights), redraw };
}

function buttons(fig, state, engine) {
  const run = button(fig, { name: "run", label: "Run", primary: true, onClick: () => engine().press() });
  const step = button(fig, { name: "step", label: "One epoch", onClick: () => engine().stepEpoch() });
  const fresh = button(fig, { name: "fresh", label: "Other seeds", onClick: () => fig.write({ seed: fig.model.get("seed") + fig.model.get("seeds") }) });
  const node = row(run, step, fresh);
  node.update = () => {
    run.label(state.moving ? "Pause" : state.run.done ? "Run again" : "Run");
    step.disabled = state.engine === "kernel";
  };
  return node;
}

function render({ model, el }) {
  const fig = figure({
    model, el, name: "train_in_page", title: "A network learns while you watch",
    hint: "Try first: move the learning rate *η* to 0.03, then to 30. Dashed is the run before.",
  });
  const state = makeState(model);
  const drawn = pictures(fig, state);
  const updated = [];
  const draw = () => {
    drawn.redraw();
    readOut(fig, state);
    updated.forEach((part) => part.update());
  };
  const { engine, choose, live } = engines(fig, state, draw);
  const badge = engineBadge(fig, state, choose);
  const pressed = buttons(fig, state, engine);
  const s = sliders(fig);
  const c = choices(fig);
  const split = (...columns) => h("div", { class: "nf-split" }, ...columns);
  fig.body.append(
    badge, split(drawn.accuracy, drawn.cost), pressed, fig.output,
    split(stack(s.eta, s.batch, s.hidden), stack(s.lmbda, s.mu, s.seeds)), row(c.cost),
    disclosure(fig, { name: "more", label: "Epochs and first weights" }, stack(s.epochs, row(c.start))), drawn.weights,
  );
  const table = dataTable(fig, { caption: "Medians over the seeds, by epoch", content: () => tableOf(state.run) });
  const source = () => (state.engine === "kernel" ? model.get("kernel_data") : { name: "page", inputs: 64, classes: 10 });
  const program = copyPython(fig, { code: () => programOf(state.settings(), source()) });
  const oneSeed = { update: () => { s.seeds.hidden = state.engine === "kernel"; } };
  updated.push(badge, pressed, table, program, oneSeed);
  fig.watch(SETTINGS.join(" "), program.update);
  keepInAddress(fig, KEPT);
  draw();
  handshake(fig, live);
  return fig.destroy;
}

export default { render };
