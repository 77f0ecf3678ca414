import torch
from torch import nn
from torch.nn import functional as F

from colorizer_cli.training.precision import DepthwiseInFloat32


def test_grouped_convolutions_alone_stay_in_float32():
    x = torch.rand(1, 8, 5, 5)
    depthwise, dense = nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 8, 3, padding=1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert depthwise(x).dtype == torch.bfloat16
        with DepthwiseInFloat32():
            narrow = dense(x)
            assert narrow.dtype == torch.bfloat16
            found = depthwise(narrow)
    assert torch.equal(found, F.conv2d(narrow.float(), depthwise.weight, depthwise.bias, padding=1, groups=8))
