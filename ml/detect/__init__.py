"""Photo to boxes: one class, "a thing that one could buy"."""

from ml.detect.detector import Detections, Detector, DetectorSpec
from ml.detect.order import likely_meant

__all__ = ["Detections", "Detector", "DetectorSpec", "likely_meant"]
