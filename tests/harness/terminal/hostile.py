"""Texts that somebody may give a problem, a parameter or a file, to see what becomes of them."""

HOSTILE = (
    *(
        "[bold]x[/bold]",
        "a[/x]b",
        "[link=http://x]y[/link]",
        ":smile:",
        "$x^2$",
        r"\alpha{",
        "$\\frac",
    ),
    *(
        "\x1b[31mred\x1b[0m",
        "\x1b]8;;http://x\x07y\x1b]8;;\x07",
        "\x9b31mC1",
        "\x07\x08\x7f",
        "a\tb",
    ),
    *("\u202egnp.exe\u202c", "\u2066x\u2069", "a\u200bb\u200dc\ufeff", "\u3164", "x\ufe0f\u034f"),
    *(
        "a\nb",
        "a\r\n::error::x",
        "::error file=x::y",
        "##[error]x",
        "##vso[task.x]y",
        "%0A::error::",
    ),
    *("=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'),
    *("a|b`c`", "<script>x</script>", "](http://x) [y](http://z)", "**x** _y_ ~~z~~", "&lt;x&#42;"),
    *("]]>&\x00", "\ud800", "{0} %s {x}", "'\"\\", "a" * 300, "\U000e0041\U000e007f", "É ü 语 🙂"),
    *("# x", "1. x", "- x", "http://x.y www.x.y", "a, b; c", "@nobody #1", "\x85\u2028\u2029"),
)
