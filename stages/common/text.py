"""Text that comes from elsewhere, such as the names of files."""


def printable(text: str) -> str:
    """Return a text on one line, with escapes for what a terminal or an editor would not show as it is.

    That is control characters, line breaks, marks that turn the direction of writing, and bytes that are no text.
    """
    return ''.join(letter if letter.isprintable() else letter.encode('unicode_escape').decode() for letter in text)
