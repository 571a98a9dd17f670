"""Models that were trained elsewhere, made into bundles: any of open_clip's, and image towers of timm."""
