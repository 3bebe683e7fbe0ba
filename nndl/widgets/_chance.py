"""The page's stream of chance in Python: mulberry32, so that a picture and a test can follow what a figure drew."""

import math

__all__ = ["Chance"]

MASK = 0xFFFFFFFF


class Chance:
    """The twin of ``generator`` in ``_numbers.js``: the same seed, the same numbers."""

    def __init__(self, seed):
        self.state = seed & MASK
        self.spare = None

    def uniform(self):
        """The next number in [0, 1), a multiple of 2**-32."""
        self.state = (self.state + 0x6D2B79F5) & MASK
        t = self.state
        t = (t ^ (t >> 15)) * (t | 1) & MASK
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & MASK)) & MASK
        return ((t ^ (t >> 14)) & MASK) / 4294967296

    def normal(self):
        """The next number of N(0, 1), by Box and Muller's pairs."""
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        angle = 2 * math.pi * self.uniform()
        self.spare = radius * math.sin(angle)
        return radius * math.cos(angle)

    def integer(self, n):
        """A whole number from 0 to n - 1."""
        return math.floor(self.uniform() * n)

    def permutation(self, n):
        """The numbers 0 to n - 1 in random order (Fisher and Yates)."""
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.integer(i + 1)
            order[i], order[j] = order[j], order[i]
        return order
