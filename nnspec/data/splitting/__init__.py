"""Ways to split rows into parts and into folds: random, ordered, stratified, by group, by time."""
