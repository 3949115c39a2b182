"""The rules: pure functions over rows, and the one exception by which a rule refuses."""
