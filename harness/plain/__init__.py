"""Plain functions of a library's own arrays, judged in our own terms: no `xp`, no `Problem`."""
