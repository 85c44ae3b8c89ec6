"""θ: what is known of a model besides its architecture and parameters."""
