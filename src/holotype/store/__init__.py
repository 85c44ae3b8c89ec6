"""Many archives in little space: each part is kept once, and nothing is ever written over."""
