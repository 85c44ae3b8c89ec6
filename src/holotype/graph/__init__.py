"""The object graph as data: encode a live object, parse and check a blueprint, build it again."""
