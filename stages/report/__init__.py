"""Numbers become words, tables, figures and pages."""
