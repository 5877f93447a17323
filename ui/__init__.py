"""The faces: each draws what the agent says and decides nothing."""
