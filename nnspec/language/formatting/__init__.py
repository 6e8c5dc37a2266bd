"""Layout of YAML text: indents, flow and block style, quotes, blank lines.

Values and comments stay: the text of each scalar is taken from the source, so that `1e-3` and
`0x10` stay as they are written. What an author has arranged by hand (the line breaks of a flow
collection, columns of a table, comments below each other) is kept where it fits the width.
"""
