"""What an archive asks its reader to trust, and what the reader allows."""
