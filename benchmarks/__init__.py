"""How fast the kernels train dense nets, measured beside their twins and beside other people's tools.

``python -m benchmarks`` writes ``results/dense.json`` and ``results/dense.md``; ``--quick`` only prints. Every
contestant is a process of its own, warmed up; all are asked in turn, round after round, so that a disturbance hits
everybody. PyTorch and JAX (``pip install 'nndl[bench]'``) are listed as missing where
they are not installed, and then nothing is written.
"""
