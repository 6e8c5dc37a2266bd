"""Why a training diverged: the failing update is made again, traced, and its cause looked for."""
