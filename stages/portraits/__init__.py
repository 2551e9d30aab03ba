"""Drawn people: procedural portraits whose label acts through one latent number only."""

from stages.portraits.portrait import Portrait, bayes_accuracy, portrait

__all__ = ['Portrait', 'bayes_accuracy', 'portrait']
