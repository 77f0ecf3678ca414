"""The colour network (needs torch): encoders, decoder, heads, and the presets made of them."""
