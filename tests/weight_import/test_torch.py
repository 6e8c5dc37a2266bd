"""State dicts of modules of PyTorch that are built and named as torchvision's."""

import numpy as np
import pytest

from benchmarks.gallery import GALLERY
from nnspec.runs.trained import TrainedRun
from nnspec.spec import loader
from nnspec.weight_import.importer import import_weights

pytestmark = pytest.mark.framework


def resnet18():
    """torchvision.models.resnet18 for 10 classes: the names and the order of its modules."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels, filters, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(filters)
            self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(filters)
            self.downsample = None
            if stride > 1:
                shortcut = nn.Conv2d(channels, filters, 1, stride, bias=False)
                self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(filters))

        def forward(self, x):
            y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
            return (y + (x if self.downsample is None else self.downsample(x))).relu()

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            widths = [64, 64, 128, 256, 512]
            for stage in range(1, 5):
                before, width = widths[stage - 1], widths[stage]
                blocks = [Block(before, width, 1 if stage == 1 else 2), Block(width, width, 1)]
                setattr(self, f"layer{stage}", nn.Sequential(*blocks))
            self.fc = nn.Linear(512, 10)

        def forward(self, x):
            x = self.maxpool(self.bn1(self.conv1(x)).relu())
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(x.mean((2, 3)))

    return ResNet(), "resnet18", 64, "network.layers.fc.units=10"


def alexnet():
    """torchvision.models.alexnet for 10 classes, whose first dense layer reads 256 6x6 maps."""
    from torch import nn

    sizes = [(3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1)]
    convolutions = [nn.Conv2d(*size) for size in [*sizes, (256, 256, 3, 1, 1)]]
    features = [part for one in convolutions for part in (one, nn.ReLU())]
    for place in (10, 4, 2):  # after the fifth, the second and the first convolution
        features.insert(place, nn.MaxPool2d(3, 2))
    dense = [nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096)]
    parts = {
        "features": nn.Sequential(*features),
        "flatten": nn.Flatten(),
        "classifier": nn.Sequential(*dense, nn.ReLU(), nn.Linear(4096, 10)),
    }
    module = nn.Sequential()
    for name, part in parts.items():
        module.add_module(name, part)
    return module, "alexnet_torchvision", 224, "network.layers.predictions.units=10"


@pytest.mark.parametrize("build", [resnet18, alexnet])
def test_predictions_are_those_of_torch(build, tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    torch.manual_seed(0)
    module, page, size, classes = build()
    for tensor in module.state_dict().values():
        if tensor.is_floating_point() and tensor.ndim == 1:
            tensor += torch.empty_like(tensor).uniform_(-0.2, 0.2)
    path = tmp_path / "weights.safetensors"
    save_file(module.state_dict(), path)
    images = np.random.default_rng(0).uniform(size=(2, size, size, 3)).astype(np.float32)
    with torch.no_grad():
        logits = module.eval()(torch.tensor(images).permute(0, 3, 1, 2))
    expected = torch.softmax(logits, -1).numpy()
    words = [f"network.input_shape=[{size}, {size}, 3]", classes]
    report = import_weights(path, loader.load(GALLERY / f"{page}.yaml", words), tmp_path)
    found = TrainedRun.open(report.run).predict(images)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
