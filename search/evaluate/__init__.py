"""How good are the answers? A folder of photos with known answers, run through the same functions as the shopper's."""
