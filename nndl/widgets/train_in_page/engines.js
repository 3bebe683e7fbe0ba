// What trains: the page, which advances a run in slices of a few milliseconds, or a live kernel, which sends its run
// epoch by epoch. Both put what they have into `state`, and the drawing does not know the difference.

const SLICE = 9; // milliseconds of arithmetic per frame: the rest of the frame belongs to the page
const REDRAW = 70; // milliseconds between two pictures of a moving run
const SETTLE = 120; // milliseconds without a change before a run begins anew

// Asks the kernel to answer. onLive is called if it does, however late; in a static page nobody answers.
function handshake(fig, onLive) {
  const sent = 1 + Math.floor(2e9 * Math.random());
  fig.watch("pong", () => fig.model.get("pong") === sent && onLive());
  fig.write({ ping: sent });
}

// A run is worth keeping for comparison if the reader has seen most of it.
const worthKeeping = (run) => run.seeds[0].training_cost.length > 2 && (run.done || epochOf(run) > 0.5 * run.settings.epochs);

// The engine in the page: begin, pause, one epoch at a time.
function pageEngine(fig, state, draw) {
  const ended = () => {
    draw();
    const m = medianRun(state.run);
    const last = (name) => m[name][m[name].length - 1];
    const found = Object.fromEntries(CURVES.slice(0, 4).map((name) => [name, Number.isFinite(last(name)) ? Number(last(name).toPrecision(6)) : null]));
    fig.write({ result: { ...found, epochs: epochOf(state.run), verdict: verdictOf(m, state.run.settings).kind } });
  };
  let drawn = 0;
  const motion = runner(fig, {
    step: () => {
      const until = performance.now() + SLICE;
      while (!state.run.done && performance.now() < until) advanceRun(state.run);
      if (!fig.still && until - drawn > REDRAW) {
        drawn = until;
        draw();
      }
      return !state.run.done;
    },
    onChange: (running) => {
      state.moving = running;
      if (running || state.engine !== "page") draw();
      else if (state.run.done) ended();
      else draw();
    },
  });
  const begin = () => {
    motion.stop();
    if (worthKeeping(state.run)) state.ghost = state.run;
    state.run = startRun(state.settings(), state.train, state.heldOut);
    motion.start();
  };
  const stepEpoch = () => {
    motion.stop();
    if (state.run.done) Object.assign(state, { ghost: state.run, run: startRun(state.settings(), state.train, state.heldOut) });
    const goal = epochOf(state.run) + 1;
    while (!state.run.done && epochOf(state.run) < goal) advanceRun(state.run);
    draw();
  };
  return { begin, stepEpoch, stop: motion.stop, press: () => (motion.running ? motion.stop() : state.run.done || !state.begun ? begin() : motion.start()) };
}

// The engine in the kernel: `wanted` asks Python for a run; it begins anew by itself when a setting changes.
function kernelEngine(fig, state, draw) {
  const { model } = fig;
  fig.watch("kernel_run", () => {
    const sent = model.get("kernel_run");
    if (state.engine !== "kernel" || !sent?.curves) return;
    const next = kernelRun(sent, model.get("kernel_data"));
    const afresh = next.seeds[0].training_cost.length < state.run.seeds[0].training_cost.length || state.run.first === 0;
    if (afresh && state.run.first === 1 && worthKeeping(state.run)) state.ghost = state.run;
    Object.assign(state, { run: next, moving: sent.state === "running" });
    fig.busy(state.moving);
    draw();
  });
  const begin = () => fig.write({ wanted: model.get("wanted") + 1 });
  const stop = () => {
    if (model.get("wanted")) fig.write({ wanted: 0 });
    state.moving = false;
    draw();
  };
  return { begin, stop, stepEpoch: () => {}, press: () => (state.moving ? stop() : begin()) };
}

// The engines, and what starts them: the figure coming into view, a changed setting, an answering kernel.
function engines(fig, state, draw) {
  const page = pageEngine(fig, state, draw);
  const kernel = kernelEngine(fig, state, draw);
  const engine = () => (state.engine === "kernel" ? kernel : page);
  let timer = 0;
  const choose = (name) => {
    if (state.engine === name) return;
    engine().stop();
    Object.assign(state, { engine: name, ghost: null });
    engine().begin();
    draw();
  };
  fig.cleanup(() => { clearTimeout(timer); if (state.engine === "kernel" && state.moving) kernel.stop(); });
  fig.watch(SETTINGS.join(" "), () => {
    clearTimeout(timer);
    if (state.begun && state.engine === "page") timer = setTimeout(page.begin, SETTLE);
  });
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting) || state.begun) return;
    seen.disconnect();
    if (!state.begun) page.begin();
    state.begun = true;
  }, { threshold: 0.15 });
  seen.observe(fig.root);
  fig.cleanup(() => seen.disconnect());
  const live = () => {
    state.live = true;
    if (fig.model.get("kernel_data")?.train) {
      state.begun = true;
      choose("kernel");
    }
    draw();
  };
  return { engine, choose, live };
}
