"""The engine: Photo → ColouredPhoto."""
