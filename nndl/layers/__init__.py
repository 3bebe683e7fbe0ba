"""Layers: arrays in, arrays out, one example per row. ``base.py`` says what every layer answers to."""

from nndl.layers.dense import Dense, SoftmaxLayer
from nndl.layers.dropout import Dropout
from nndl.layers.maps import Conv, ConvPool, Pool

__all__ = ["Conv", "ConvPool", "Dense", "Dropout", "Pool", "SoftmaxLayer"]
