"""What cannot be trained on."""

from stages.common.errors import FactError


class PixelError(FactError):
    """Pixels are not finite numbers."""


class LabelError(FactError):
    """Labels are not of two classes."""


class SizeError(FactError):
    """A network is larger than the memory of this machine."""


class GramSizeError(FactError):
    """The Gram solver was asked for, and its products are larger than the memory of this machine."""


class DivergenceError(FactError):
    """The learning rate is too high: the loss or the weights became infinite."""


class DecayError(FactError):
    """The weight decay is so strong that a step would flip the sign of the weights."""
