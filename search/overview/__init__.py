"""What the operator, the probes and the numbers want to know about the index. Reads only."""
