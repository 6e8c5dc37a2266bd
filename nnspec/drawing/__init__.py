"""Pictures of networks: groups folded to boxes, boxes in ranks, drawn as SVG or as text."""
