// The state of the figure as Python, with the names of nndl.logic.

export function perceptronCode({ w1, w2, b, neuron, c }) {
  const lines = [
    ...(neuron === "sigmoid" ? ["from nndl import Sigmoid"] : []),
    "from nndl.logic import Perceptron, every_input", "",
    `gate = Perceptron([${w1}, ${w2}], ${b})`,
    "x = every_input(2)",
    "print(gate.weighted_input(x))",
    "print(gate(x))",
    ...(neuron === "sigmoid" ? [`c = ${c}    # the larger, the nearer to the step`, "print(Sigmoid()(c * gate.weighted_input(x)))"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

// Gates in an order in which each comes after those that it reads.
function inOrder(challenge, wires) {
  const order = [];
  const visit = (name) => {
    if (!name?.startsWith("g") || order.includes(name)) return;
    visit(wires[`${name}.a`]);
    visit(wires[`${name}.b`]);
    order.push(name);
  };
  for (const output of challenge.outputs) visit(wires[output]);
  return order;
}

// A pin without a wire reads 0, so a NAND with one loose pin is a perceptron of one input, and so on.
function gateCode(wires, gate) {
  const read = ["a", "b"].map((side) => wires[`${gate}.${side}`]).filter(Boolean);
  const names = read.map((name) => `, ${python(name)}`).join("");
  if (read.length === 2) return `"${gate}": (NAND${names}),`;
  if (read.length === 1) return `"${gate}": (Perceptron([-2], 3)${names}),    # a NAND with one wire`;
  return `"${gate}": (Perceptron([0], 3), "x1"),    # a NAND without a wire`;
}

export function boardCode({ challenge, wires }) {
  const gates = inOrder(challenge, wires).map((gate) => gateCode(wires, gate));
  const loose = challenge.outputs.some((name) => !wires[name]);
  if (loose) gates.push('"off": (Perceptron([0], 0), "x1"),    # an output without a wire');
  const names = ["Circuit", ...(gates.some((line) => line.includes("NAND,")) ? ["NAND"] : []), ...(gates.some((line) => line.includes("Perceptron(")) ? ["Perceptron"] : [])];
  return `from nndl.logic import ${names.sort().join(", ")}

circuit = Circuit(
    "${challenge.inputs.join(" ")}",
    {${gates.map((line) => `\n        ${line}`).join("")}
    },
    "${challenge.outputs.map((name) => wires[name] ?? "off").join(" ")}",
)
for x, out in zip(*circuit.truth_table()):
    print(x, "->", out)
`;
}
