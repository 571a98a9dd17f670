"""Photo to boxes: one class, "a thing that one could buy"."""

from ml.detect.detector import Detections, Detector, DetectorSpec

__all__ = ["Detections", "Detector", "DetectorSpec"]
