"""``python -m benchmarks.warp``: 10,000 images warped by the kernel, by its twin and by SciPy, in turn."""

import statistics
import time

import numpy as np
from scipy import ndimage

import nndl
from nndl.kernels import reference_warp, warp

ROUNDS, IMAGES = 7, 10_000


def by_scipy(images, matrices, moves, field):
    """The same, image by image."""
    middle = (images.shape[1] - 1) / 2
    grid = np.indices(images.shape[1:]).reshape(2, -1) - middle
    for image, matrix, move, bend in zip(images, matrices, moves, field):
        places = matrix @ (grid - move[:, None]) + middle + bend.reshape(2, -1)
        ndimage.map_coordinates(image, places, order=1, mode="grid-constant")


def main():
    """Time all three in turn and print images per second, by the processor's clock."""
    train = nndl.load_any()[0]
    rng = np.random.default_rng(0)
    images = train.images[np.arange(IMAGES) % len(train)]
    matrices = np.eye(2) + 0.1 * rng.standard_normal((IMAGES, 2, 2))
    moves = rng.uniform(-1, 1, (IMAGES, 2))
    field = rng.standard_normal((IMAGES, 2, *images.shape[1:])).astype(np.float32)
    contestants = {"kernel": warp.resample, "twin, NumPy": reference_warp.resample, "SciPy": by_scipy}
    seconds = {name: [] for name in contestants}
    warp.resample(images[:2], matrices[:2], moves[:2], field[:2])  # compiled before the clock starts
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            start = time.process_time()
            contestant(images, matrices, moves, field)
            seconds[name].append(time.process_time() - start)
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        print(
            f"{name:12} {IMAGES / middle:12,.0f} images/s   {middle / statistics.median(seconds['kernel']):5.1f} x"
        )


if __name__ == "__main__":
    main()
