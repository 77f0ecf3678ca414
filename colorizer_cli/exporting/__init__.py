"""A weights folder's network as ONNX, for other programs or in int8, with proof that it gives the same colours."""
