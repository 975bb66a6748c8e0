from isolation import reached_out

__all__ = ["reached_out"]
