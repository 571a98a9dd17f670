"""Every door for websockets: from our own pages only, with the session of the page."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.urls import path, re_path

from catalog.web.feed_sockets import FeedSocket, FeedsSocket
from search.web.consumers import IndexConsumer
from search.web.status.socket import StatusConsumer

ROUTES = [
    path("operator/index/live", IndexConsumer.as_asgi()),
    path("manage/status/live", StatusConsumer.as_asgi()),
    path("manage/feeds/live", FeedsSocket.as_asgi()),
    path("manage/feeds/<int:import_id>/live", FeedSocket.as_asgi()),
    re_path("", WebsocketDenier.as_asgi()),
]
sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(ROUTES)))
