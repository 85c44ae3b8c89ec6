"""Where a store keeps its bytes: a directory, object storage, or memory."""
