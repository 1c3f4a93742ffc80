"""The yearly figures, their targets and the board."""
