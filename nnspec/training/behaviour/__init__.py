"""Tests of a network's behaviour after its training: the rules of `expect: behaviour`."""
