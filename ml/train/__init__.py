"""Data to weights to a bundle. The only place of torch, ultralytics and open_clip; nothing in serving imports it."""
