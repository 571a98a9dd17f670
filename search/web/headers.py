"""Headers of every HTML page: no script but our own files, no frames, the camera for this site only."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",  # the boxes' positions are attributes of the elements
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


# Under /admin/ alone: django-unfold's Alpine.js makes functions of the attributes of its own templates ('unsafe-eval'),
# and its colours are a <style> in the page. No script stands in a page there, either, and none comes from elsewhere.
ADMIN_POLICY = (
    POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") + "; script-src 'self' 'unsafe-eval'"
)


class PageHeaders:
    """Middleware. A page may set a policy of its own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
            response.headers.setdefault("Content-Security-Policy", policy)
            response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
        return response
