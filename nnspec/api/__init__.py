"""The Python interface: specs, networks and runs, with data in memory."""
