"""Tests of the option classes of data sources."""
