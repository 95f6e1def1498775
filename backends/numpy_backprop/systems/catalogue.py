"""Every hand-written gradient of `systems`: name -> derivation."""

from gradparity.backends.numpy_backprop.contract.derivation import Derive
from gradparity.backends.numpy_backprop.systems import diffusion, folding, multitask, ranking

DERIVATIONS: dict[str, Derive] = {
    **diffusion.DERIVATIONS,
    **folding.DERIVATIONS,
    **multitask.DERIVATIONS,
    **ranking.DERIVATIONS,
}
