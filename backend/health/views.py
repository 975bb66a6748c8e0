"""Health for container engines, status for deploys."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import checks

# Made once per process: a check remembers its unanswered question.
CHECKS = (
    checks.Check("database", checks.ask_database),
    checks.Check("redis", checks.ask_redis),
)
STATUSES = ("ok", "error")


class CheckSerializer(serializers.Serializer):
    """What one check answered."""

    status = serializers.ChoiceField(STATUSES)
    milliseconds = serializers.FloatField(required=False)
    error = serializers.CharField(required=False)


class ChecksSerializer(serializers.Serializer):
    """All checks by name."""

    process = CheckSerializer()
    database = CheckSerializer()
    redis = CheckSerializer()


class HealthSerializer(serializers.Serializer):
    """The answer of health."""

    status = serializers.ChoiceField(STATUSES)
    checks = ChecksSerializer()


class StatusSerializer(HealthSerializer):
    """The answer of status: health, and the release that is running."""

    version = serializers.CharField()
    commit = serializers.CharField(allow_blank=True)
    release = serializers.CharField(allow_blank=True)
    environment = serializers.CharField(allow_blank=True)


def health() -> dict:
    """Run the checks; one that fails makes the whole an error."""
    results = {"process": {"status": "ok"}} | checks.run(CHECKS)
    healthy = all(result["status"] == "ok" for result in results.values())
    return {"status": "ok" if healthy else "error", "checks": results}


def respond(body: dict) -> Response:
    """Answer 200 or 503, never from a cache."""
    code = 200 if body["status"] == "ok" else 503
    return Response(body, status=code, headers={"Cache-Control": "no-store"})


class HealthView(APIView):
    """Answer for the process, the database and Redis separately."""

    @extend_schema(responses={200: HealthSerializer, 503: HealthSerializer})
    def get(self, request: Request) -> Response:
        """Return 200 when all answer and 503 otherwise."""
        return respond(health())


class StatusView(APIView):
    """Answer as health does, and name the running release."""

    @extend_schema(responses={200: StatusSerializer, 503: StatusSerializer})
    def get(self, request: Request) -> Response:
        """Return health with version, commit, release and environment."""
        running = {
            "version": settings.RELEASE_VERSION,
            "commit": settings.RELEASE_COMMIT,
            "release": settings.RELEASE,
            "environment": settings.ENVIRONMENT_NAME,
        }
        return respond(health() | running)
