"""What a loss may write: arrays with operators, and the operations of `xp`, in primitives."""
