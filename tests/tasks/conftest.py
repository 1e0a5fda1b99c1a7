from tests.engine.fixtures import tiny_model

__all__ = ["tiny_model"]
