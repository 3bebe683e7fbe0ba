"""Runs a figure's JavaScript in Node, so that a test can hold it against Python."""

import json
import shutil
import subprocess

import pytest

from nndl.widgets._base import esm

needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="Node is not installed: no JavaScript to compare with."
)


def in_node(folder, name, body, **given):
    """Run ``body``, the inside of an async function of M (the figure's module) and ``given``; return its result."""
    (folder / "figure.mjs").write_text(esm(name), "utf8")
    (folder / "given.json").write_text(json.dumps(given), "utf8")
    program = f"""
        import {{ readFileSync, writeFileSync }} from "fs";
        import * as M from "./figure.mjs";
        const given = JSON.parse(readFileSync("given.json", "utf8"));
        const work = async ({{ {", ".join(given)} }}) => {{ {body} }};
        writeFileSync("result.json", JSON.stringify(await work(given)));
    """
    (folder / "work.mjs").write_text(program, "utf8")
    done = subprocess.run(["node", "work.mjs"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "result.json").read_text("utf8"))
