"""What the pipeline reports.

The pipeline's journal is the truth and this a copy that may have gaps: a deployment can name a
release that never arrived. References are therefore not enforced by the database.
"""

from django.db import models


class RunStatus(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StageStatus(models.TextChoices):
    """Where a stage stands."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class StageName(models.TextChoices):
    """The stages, in pipeline order."""

    BUILD = "build"
    TEST = "test"
    PUBLISH = "publish"
    STAGING = "staging"
    E2E = "e2e"
    PRODUCTION = "production"


class Event(models.TextChoices):
    """What started a run."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    MANUAL = "manual"


class Target(models.TextChoices):
    """Where a run's environments live."""

    LAB = "lab"
    REMOTE = "remote"


class Action(models.TextChoices):
    """What a deployment was."""

    DEPLOY = "deploy"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


class Outcome(models.TextChoices):
    """How a deployment ended."""

    DEPLOYED = "deployed"
    FAILED = "failed"
    UNDONE = "undone"


class Run(models.Model):
    """One run of the pipeline."""

    id = models.CharField(primary_key=True, max_length=200)
    number = models.PositiveIntegerField()
    event = models.CharField(max_length=20, choices=Event)
    branch = models.CharField(max_length=255)
    commit = models.CharField(max_length=64)
    message = models.TextField(blank=True)
    author = models.CharField(max_length=255, blank=True)
    target = models.CharField(max_length=20, choices=Target)
    status = models.CharField(max_length=20, choices=RunStatus)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="run_newest"),
            models.Index(fields=["branch", "-started_at", "-id"], name="run_branch_newest"),
        ]


class Stage(models.Model):
    """One stage of a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=20, choices=StageName)
    position = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=20, choices=StageStatus)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="stage_once_per_run")]


class Release(models.Model):
    """What one deploy puts on an environment."""

    id = models.CharField(primary_key=True, max_length=200)
    version = models.CharField(max_length=100)
    commit = models.CharField(max_length=64)
    branch = models.CharField(max_length=255)
    dirty = models.BooleanField()
    created_at = models.DateTimeField()
    run = models.ForeignKey(
        Run, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="releases"
    )
    images = models.JSONField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="release_newest")]


class Deployment(models.Model):
    """One release put on one environment, or the attempt."""

    id = models.CharField(primary_key=True, max_length=200)
    environment = models.CharField(max_length=63)
    url = models.CharField(max_length=500)
    release = models.ForeignKey(
        Release,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="deployments",
    )
    run = models.ForeignKey(
        Run, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="deployments"
    )
    action = models.CharField(max_length=20, choices=Action)
    outcome = models.CharField(max_length=20, choices=Outcome)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ["-finished_at", "-started_at", "-id"]
        indexes = [
            models.Index(
                fields=["environment", "-finished_at", "-started_at", "-id"],
                name="deployment_newest",
            )
        ]
