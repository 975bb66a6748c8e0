"""Who may write."""

import hmac

from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView


class AuthenticatedView(APIView):
    """A view that only the holder of the board's token may call."""

    def get_authenticate_header(self, request: Request) -> str:
        """Name the scheme in a 401."""
        return 'Bearer realm="board"'

    def perform_authentication(self, request: Request) -> None:
        """Compare the token in constant time.

        Raises PermissionDenied when the board has no token at all, AuthenticationFailed otherwise.
        """
        if not settings.BOARD_TOKEN:
            raise PermissionDenied("writing is off: BOARD_TOKEN is not set on the server")
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        # Headers reach WSGI decoded as latin-1, whatever the sender meant.
        given = token.strip().encode("latin-1", "replace")
        right = hmac.compare_digest(given, settings.BOARD_TOKEN.encode())
        if scheme.lower() != "bearer" or not right:
            raise AuthenticationFailed("the token is missing or wrong: send it as a bearer token")
