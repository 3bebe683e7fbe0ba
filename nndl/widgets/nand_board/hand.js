// Pins, and the hand that joins them.

// What the reader's hand is doing. places: where everything stands; picked: the pin that waits for its partner;
// pull: the wire being drawn, { from, to: [x, y] }; built: for which layout the pins were made.
const newHand = () => ({ places: null, picked: null, pull: null, built: "" });
const isSource = (hand, name) => name in hand.places.sources;
const where = (hand, name) => hand.places.sources[name] ?? hand.places.pins[name];
const everyPin = (hand) => [...Object.keys(hand.places.sources), ...Object.keys(hand.places.pins)];

function nearest(hand, p) {
  const away = (name) => Math.hypot(where(hand, name)[0] - p.x, where(hand, name)[1] - p.y);
  const found = everyPin(hand).reduce((best, name) => (away(name) < away(best) ? name : best));
  return away(found) < 22 ? found : null;
}

// Could a wire join these two?
function fits(hand, wires, a, b) {
  if (!a || !b || isSource(hand, a) === isSource(hand, b)) return false;
  return isSource(hand, a) ? !wouldLoop(wires, a, b) : !wouldLoop(wires, b, a);
}

function placePins(hand, layer) {
  layer.replaceChildren(...everyPin(hand).map((name) => {
    const [cx, cy] = where(hand, name);
    return svg("g", { "data-pin": name, class: "nf-pin" }, svg("circle", { cx, cy, r: 13, class: "nf-pin-area" }), svg("circle", { cx, cy, r: 5, class: "nf-pin-dot" }));
  }));
}

function markPins(hand, layer, wires, values) {
  for (const pin of layer.children) {
    const name = pin.dataset.pin;
    pin.classList.toggle("nf-pin-on", Boolean(values[name]));
    pin.classList.toggle("nf-pin-open", !isSource(hand, name) && !wires[name]);
    pin.classList.toggle("nf-pin-picked", name === hand.picked);
    pin.classList.toggle("nf-pin-fits", fits(hand, wires, hand.picked ?? hand.pull?.from, name));
  }
}

// A drag joins two pins. A click picks one, a second click joins; a click on a wired input takes the wire away.
function release(hand, wires, act, from, to) {
  const differ = (a, b) => a && b && isSource(hand, a) !== isSource(hand, b);
  const join = (a, b) => (isSource(hand, a) ? act.connect(a, b) : act.connect(b, a));
  const { picked } = hand;
  if (to !== from) {
    if (differ(from, to)) join(from, to);
    hand.picked = null;
  } else if (differ(picked, from)) {
    join(picked, from);
    hand.picked = null;
  } else if (!isSource(hand, from) && wires[from]) act.connect(null, from);
  else hand.picked = picked === from ? null : from;
}

function drawCircuit(g, hand, { challenge, wires, inputs }, values, act) {
  const { places, pull } = hand;
  for (const [pin, source] of Object.entries(wires))
    g.append(svg("path", { d: bend(places.sources[source], places.pins[pin]), class: values[source] ? "nf-wire nf-wire-on" : "nf-wire" }));
  for (const [gate, spot] of Object.entries(places.gates)) drawGate(g, gate, spot, values[gate], places.size);
  drawEnds(g, challenge, places, values, act);
  if (!pull) return;
  const ends = isSource(hand, pull.from) ? [where(hand, pull.from), pull.to] : [pull.to, where(hand, pull.from)];
  g.append(svg("path", { d: bend(...ends), class: "nf-wire nf-wire-new" }));
}
