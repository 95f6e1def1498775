"""Which files are tables of sales. Imports nothing: the command line asks it of every word."""

ENDINGS = (".csv", ".parquet", ".xlsx", ".xls")


def is_sales(word: str) -> bool:
    """Whether this names a table of sales."""
    return word.lower().endswith(ENDINGS)
