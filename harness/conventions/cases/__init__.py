"""The cases of the atlas of conventions, a file per family. Data only: no library is imported."""
