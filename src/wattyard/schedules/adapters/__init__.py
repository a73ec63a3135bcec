"""Where plans get outside data: the weather."""
