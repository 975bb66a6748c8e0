"""The JSON shapes, used for reading and for reports."""

import re
from typing import Any

from rest_framework import serializers

from board import models

from .fields import (
    Choice,
    Flag,
    Integer,
    LongText,
    Moment,
    Seconds,
    Text,
    WebAddress,
    identifier,
    pattern_text,
)

COMPONENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def commit() -> Text:
    """Make a field for a commit's hash."""
    return pattern_text("[0-9a-f]{7,64}", "must be a commit's hash in lower-case hexadecimal")


class StageSerializer(serializers.Serializer):
    """One stage of a run."""

    name = Choice(models.StageName.choices)
    status = Choice(models.StageStatus.choices)
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    seconds = Seconds(allow_null=True)
    detail = LongText(allow_blank=True, default="")


class RunSerializer(serializers.Serializer):
    """One run of the pipeline, its stages in pipeline order."""

    id = identifier()
    number = Integer()
    event = Choice(models.Event.choices)
    branch = Text(max_length=255)
    commit = commit()
    message = LongText(allow_blank=True)
    author = Text(allow_blank=True, max_length=255)
    target = Choice(models.Target.choices)
    status = Choice(models.RunStatus.choices)
    started_at = Moment()
    finished_at = Moment(allow_null=True)
    stages = StageSerializer(many=True)

    def validate_stages(self, stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse a stage that is named twice."""
        names = [stage["name"] for stage in stages]
        twice = [{"name": ["occurs twice"]} if names.count(name) > 1 else {} for name in names]
        if any(twice):
            raise serializers.ValidationError(twice)
        return stages


class ImageSerializer(serializers.Serializer):
    """An image: the name for people and the digest that runs."""

    reference = Text(max_length=500)
    digest = pattern_text("sha256:[0-9a-f]{64}", "must be sha256: and 64 hexadecimal digits")


class ImagesField(serializers.DictField):
    """Images by component."""

    child = ImageSerializer()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse component names that are not names."""
        images = super().to_internal_value(data)
        bad = {name: ["must be a component's name"] for name in images if not is_component(name)}
        if bad:
            raise serializers.ValidationError(bad)
        return images


def is_component(name: str) -> bool:
    """Tell whether a text can be the name of a component."""
    return COMPONENT.fullmatch(name) is not None


class ReleaseSerializer(serializers.Serializer):
    """What one deploy puts on an environment."""

    id = identifier()
    version = Text(max_length=100)
    commit = commit()
    branch = Text(max_length=255)
    dirty = Flag()
    created_at = Moment()
    run = identifier(source="run_id")
    images = ImagesField()


class DeploymentSerializer(serializers.Serializer):
    """One release put on one environment, or the attempt."""

    id = identifier()
    environment = pattern_text("[a-z0-9][a-z0-9-]{0,62}", "must be an environment's name")
    url = WebAddress(max_length=500)
    release = identifier(source="release_id")
    run = identifier(source="run_id")
    action = Choice(models.Action.choices)
    outcome = Choice(models.Outcome.choices)
    started_at = Moment()
    finished_at = Moment()


class ReportSerializer(serializers.Serializer):
    """What the pipeline posts. Keys we do not know are ignored: a newer pipeline reports too."""

    runs = RunSerializer(many=True, required=False)
    releases = ReleaseSerializer(many=True, required=False)
    deployments = DeploymentSerializer(many=True, required=False)


class ReportedSerializer(serializers.Serializer):
    """How many of each a report held."""

    runs = serializers.IntegerField()
    releases = serializers.IntegerField()
    deployments = serializers.IntegerField()


class EnvironmentSerializer(serializers.Serializer):
    """An environment and the release that serves on it."""

    name = serializers.CharField()
    url = serializers.CharField()
    release = ReleaseSerializer(allow_null=True)
    deployed_at = serializers.DateTimeField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    deployments = DeploymentSerializer(many=True)


class DaySerializer(serializers.Serializer):
    """Production's deployments on one day (UTC)."""

    date = serializers.DateField()
    deployments = serializers.IntegerField()
    failures = serializers.IntegerField()


class MetricsSerializer(serializers.Serializer):
    """Delivery metrics of the last days; null where there is nothing to measure."""

    days = serializers.IntegerField()
    deployments_per_week = serializers.FloatField()
    change_failure_rate = serializers.FloatField(allow_null=True)
    median_lead_time_seconds = serializers.FloatField(allow_null=True)
    median_run_seconds = serializers.FloatField(allow_null=True)
    runs_passed = serializers.IntegerField()
    runs_failed = serializers.IntegerField()
    daily = DaySerializer(many=True)


class RunsQuerySerializer(serializers.Serializer):
    """Which runs to list."""

    branch = serializers.CharField(required=False, allow_blank=True)


class MetricsQuerySerializer(serializers.Serializer):
    """How far back to measure."""

    days = serializers.IntegerField(min_value=1, max_value=365, default=30)
