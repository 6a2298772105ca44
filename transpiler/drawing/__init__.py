"""For `transpipe graph --format svg` and `html`: lays out stage graphs and draws them; knows no engine and no YAML.

`layers` puts stages into columns, `layout` finds places for them, `svg` and `page` write. The layout is our own: of the
libraries that could do it, igraph is 16 MB of compiled code, grandalf is no longer maintained, fast-sugiyama needs a
new C library, and all of them place points, not boxes with labels in them.
"""
