"""Where the network runs: ONNX Runtime (base install) or torch, behind one Predictor protocol."""
