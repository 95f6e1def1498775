"""What descents say: targets, contenders, profiles."""
