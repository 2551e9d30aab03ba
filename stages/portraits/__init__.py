"""Drawn people: procedural portraits whose label acts through a single latent number."""

from stages.portraits.portrait import Portrait, bayes_accuracy, portrait

__all__ = ['Portrait', 'bayes_accuracy', 'portrait']
