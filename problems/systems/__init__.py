"""The losses of well-known systems, small: diffusion, several tasks, folded chains, ranking."""
