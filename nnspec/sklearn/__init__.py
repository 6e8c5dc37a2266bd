"""Estimators of scikit-learn that train a spec, or a network of a few options.

    from nnspec.sklearn import NNSpecClassifier
    NNSpecClassifier(layers=[64, 64], epochs=20).fit(X, y).predict(X)

They need scikit-learn: pip install 'nnspec[sklearn]'.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    message = "nnspec.sklearn needs scikit-learn: pip install 'nnspec[sklearn]'"
    raise ImportError(message, name=error.name) from None

from nnspec.sklearn.classifier import NNSpecClassifier
from nnspec.sklearn.regressor import NNSpecRegressor

__all__ = ["NNSpecClassifier", "NNSpecRegressor"]
