"""The closed table of types, one module per library."""
