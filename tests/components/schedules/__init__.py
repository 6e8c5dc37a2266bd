"""Tests of learning-rate schedules."""
