"""The local page on which a person gives a photo its hints."""
