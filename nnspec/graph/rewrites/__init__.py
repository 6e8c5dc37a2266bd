"""Graph rewrites: passes that replace nodes by equivalent, faster ones."""
