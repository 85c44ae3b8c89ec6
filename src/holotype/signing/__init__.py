"""Who stands for an archive: keys, seals over its id, and OpenSSF model signatures; on bytes."""
