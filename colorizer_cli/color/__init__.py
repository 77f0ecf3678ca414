"""Colour science on arrays: CIELAB, gamut, a/b bins, decoding, guided upsampling. numpy and cv2 only."""
