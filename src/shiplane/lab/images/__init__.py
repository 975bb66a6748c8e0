"""The base images: official ones where a registry answers, else stand-ins made of distribution packages."""

from shiplane.lab.images.catalogue import BASE_IMAGES, OFFICIAL_NAMES
from shiplane.lab.images.ensure import ensure_generator, ensure_images, server_image, stand_ins_used

__all__ = ["BASE_IMAGES", "OFFICIAL_NAMES", "ensure_generator", "ensure_images", "server_image", "stand_ins_used"]
