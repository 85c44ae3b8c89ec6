"""Bringing a model back."""
