"""Those who work in the shop, by role."""

from django.contrib.auth.models import User

from webapp import roles


def person(*names: str, username: str = "") -> User:
    """A user with these roles (webapp.roles.NAMES); without any, somebody who can only sign in."""
    user = User.objects.create_user(username or "-".join(names) or "nobody")
    roles.give(user, list(names))
    return User.objects.get(pk=user.pk)  # permissions are remembered by the object that was asked
