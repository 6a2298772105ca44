"""Changes the text of a YAML file and keeps everything else byte for byte: comments, quotes, anchors, line ends."""
