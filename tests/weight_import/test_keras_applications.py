"""Models of `keras.applications` with drawn weights, saved by Keras, imported into the gallery."""

import numpy as np
import pytest

from benchmarks.gallery.agreement import STATISTICS, images, logits
from benchmarks.gallery.keras_models import draw
from benchmarks.gallery.pages import GALLERY, PAGES
from nnspec.errors import DataError
from nnspec.runs.trained import TrainedRun
from nnspec.spec import loader
from nnspec.weight_import.importer import import_weights

pytestmark = pytest.mark.framework
SIZES = {"VGG16": 32, "InceptionV3": 96, "Xception": 96}  # 64 else
MODELS = ["MobileNetV3Small", "Xception"]  # more take minutes
AMBIGUOUS = {"ConvNeXtTiny", "InceptionV3", "NASNetMobile", "Xception"}  # without their graph


def built(name):
    """A model with drawn weights, its outputs for some images, and the spec of its page."""
    pytest.importorskip("tensorflow")
    import keras

    keras.backend.clear_session()
    size, page = SIZES.get(name, 64), PAGES[name]
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))
    graph = page.graph(size)
    draw(model, images(graph, *STATISTICS))
    shown = images(graph).astype(np.float32)
    words = [f"vars.variant={page.variant}"] if page.variant else []
    words.append(f"network.input_shape=[{size}, {size}, 3]")
    spec = loader.load(GALLERY / f"{page.file}.yaml", words)
    return model, shown, np.asarray(model(shown, training=False)), spec


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_of_keras(name, tmp_path):
    model, shown, expected, spec = built(name)
    for suffix in ("keras", "h5", "weights.h5"):
        path = tmp_path / f"model.{suffix}"
        save = model.save_weights if suffix == "weights.h5" else model.save
        save(path)
        if suffix == "weights.h5" and name in AMBIGUOUS:
            with pytest.raises(DataError, match=r"could be .* or .* of the network"):
                import_weights(path, spec, tmp_path)
            continue
        run = TrainedRun.open(import_weights(path, spec, tmp_path).run)
        found = run.predict(shown)
        scores, known = logits(found), logits(expected)
        np.testing.assert_allclose(scores, known, rtol=0, atol=1e-5 * np.abs(known).max())
        path.unlink()
