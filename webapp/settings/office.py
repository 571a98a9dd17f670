"""How Django's admin looks (django-unfold): the shop's ink, paper and yellow; one sidebar that follows permissions.

The two scales are the greys of static/app.css; static/admin.css says where the yellow goes.
"""

from django.templatetags.static import static

INK = {
    "50": "#f5f6f4",
    "100": "#eceeeb",
    "200": "#dfe3df",
    "300": "#c3c9c6",
    "400": "#8a9198",
    "500": "#5f6770",
    "600": "#555d66",
    "700": "#3a4046",
    "800": "#30353a",
    "900": "#15181c",
    "950": "#101214",
}

UNFOLD = {
    "SITE_TITLE": "Sightline",
    "SITE_HEADER": "Sightline",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("icons/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/icon.svg")},
    ],
    "BORDER_RADIUS": "10px",
    "STYLES": [lambda request: static("admin.css")],
    "SCRIPTS": [lambda request: static("js/admin_names.js")],
    "COLORS": {"base": INK, "primary": {**INK, "500": "#ffc91f", "600": "#15181c", "700": "#15181c"}},
    "SIDEBAR": {"show_search": False, "navigation": "webapp.admin_site.navigation"},
}
