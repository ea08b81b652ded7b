"""The images of the environment `containers`: recipes, where their bases come from, and building what changed.

`ensure_images(progress, base=...)` is the way in.
"""

from harness.images.building import ensure_images
from harness.images.image import Base, Image, Images

__all__ = ["Base", "Image", "Images", "ensure_images"]
