"""How shoppers will find a product: what is seen in its pictures, who its rivals are, and what would help."""
