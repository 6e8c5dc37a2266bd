"""Choosing values of a spec by cross-validation: trials, processes, and the study's folder."""
