"""Drawn people: procedural portraits whose label acts through one latent number only."""

from stages.photos.drawn.portrait import Portrait, ceiling, portrait

__all__ = ['Portrait', 'ceiling', 'portrait']
