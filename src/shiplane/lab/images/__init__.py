"""The base images: official ones where a registry answers, else stand-ins made of distribution packages."""
