"""Pages that are looked at in a browser: what a chart is, and the script that draws it.

Python decides *what* is drawn (`charts`) and says it in words; the script draws it, and knows no
mathematics. The live page, the report and the notebook differ only in where frames come from.
"""
