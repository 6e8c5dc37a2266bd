"""The reference engine: each layer rule evaluates its formula on the whole batch."""
