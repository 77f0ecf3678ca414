"""Photographs: read, streamed at full resolution, written whole or not at all, with their metadata and provenance."""
