"""The file: container, parameters, manifest; written whole or not at all, read with suspicion."""
