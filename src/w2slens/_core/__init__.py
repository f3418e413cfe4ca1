"""Words and guards: what every other room leans on.

What comes in is refused or trusted by `check`, with `errors`; files are written whole by `atomic`
and read by `json` and `yaml`; `format` writes numbers for people; `threads` shares out the cores;
`types` names what all rooms speak in.
"""
