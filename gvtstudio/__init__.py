"""GVT Studio: microscopists restore images by learning, in one window, without a programmer."""

__version__ = "0.1.0"
