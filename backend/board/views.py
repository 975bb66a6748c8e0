"""The API's views."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import history, ingest, metrics
from .api import serializers
from .api.authentication import AuthenticatedView
from .api.parsers import check_length
from .api.problems import explain
from .models import Release, Run


class ReportsView(AuthenticatedView):
    """Take what the pipeline reports."""

    @extend_schema(
        request=serializers.ReportSerializer,
        responses={
            200: serializers.ReportedSerializer,
            400: OpenApiResponse(description="Not valid; `errors` names the path of each field."),
            401: OpenApiResponse(description="The token is missing or wrong."),
            403: OpenApiResponse(description="The board has no token: writing is off."),
            413: OpenApiResponse(description="Larger than 1 MB."),
        },
    )
    def post(self, request: Request) -> Response:
        """Store runs, releases and deployments, all or nothing; again changes nothing."""
        check_length(request)
        report = serializers.ReportSerializer(data=request.data)
        if not report.is_valid():
            return Response(explain(report.errors), status=400)
        return Response(ingest.store(report.validated_data))


@extend_schema(parameters=[serializers.RunsQuerySerializer])
class RunsView(generics.ListAPIView):
    """List runs, newest first."""

    serializer_class = serializers.RunSerializer

    def get_queryset(self) -> QuerySet[Run]:
        """Return the runs, those of one branch when asked."""
        query = serializers.RunsQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        branch = query.validated_data.get("branch")
        runs = Run.objects.prefetch_related("stages")
        return runs.filter(branch=branch) if branch else runs


class RunView(generics.RetrieveAPIView):
    """Show one run."""

    queryset = Run.objects.prefetch_related("stages")
    serializer_class = serializers.RunSerializer


class ReleasesView(generics.ListAPIView):
    """List releases, newest first."""

    queryset = Release.objects.all()
    serializer_class = serializers.ReleaseSerializer


class ReleaseView(generics.RetrieveAPIView):
    """Show one release."""

    queryset = Release.objects.all()
    serializer_class = serializers.ReleaseSerializer


class EnvironmentsView(APIView):
    """Show what runs where."""

    @extend_schema(responses=serializers.EnvironmentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the environments, staging before production."""
        found = history.environments()
        return Response(serializers.EnvironmentSerializer(found, many=True).data)


class MetricsView(APIView):
    """Show how delivery goes."""

    @extend_schema(
        parameters=[serializers.MetricsQuerySerializer], responses=serializers.MetricsSerializer
    )
    def get(self, request: Request) -> Response:
        """Measure production's deployments and all runs of the last days."""
        query = serializers.MetricsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = metrics.delivery(query.validated_data["days"])
        return Response(serializers.MetricsSerializer(found).data)
