"""Where plans get what is not theirs: the weather."""
