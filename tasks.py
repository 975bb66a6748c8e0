"""Pipelines and environments. What each task does is in `shiplane.cli`; `nox` runs checks in isolation."""

from __future__ import annotations

from invoke.collection import Collection

try:
    from shiplane.cli import (
        backup_tasks,
        config_tasks,
        dev_data_tasks,
        dev_looking_tasks,
        dev_tasks,
        doctor_tasks,
        environment_tasks,
        github_tasks,
        image_tasks,
        lab_tasks,
        looking_tasks,
        maintenance_tasks,
        pipeline_tasks,
        prune_tasks,
        report_tasks,
        server_tasks,
        shell_tasks,
        test_tasks,
        version_tasks,
        vpn_tasks,
    )
except ModuleNotFoundError as error:
    raise SystemExit(f"{error}\nfix: run ./scripts/bootstrap, then .venv/bin/invoke") from error

ns = Collection(
    pipeline_tasks.plan,
    pipeline_tasks.pipeline,
    pipeline_tasks.build,
    pipeline_tasks.publish,
    environment_tasks.deploy,
    environment_tasks.verify,
    environment_tasks.e2e,
    environment_tasks.promote,
    environment_tasks.rollback,
    environment_tasks.status,
    environment_tasks.releases,
    backup_tasks.backups,
    looking_tasks.audit,
    looking_tasks.logs,
    server_tasks.unlock,
    doctor_tasks.doctor,
    shell_tasks.onboard,
    shell_tasks.completion,
    report_tasks.report,
    report_tasks.history,
)
ns.add_task(looking_tasks.execute, name="exec")
ns.add_task(test_tasks.run_suites, name="test")
server = Collection("server", server_tasks.prepare, server_tasks.prune)
maintenance = Collection("maintenance", maintenance_tasks.on, maintenance_tasks.off)
lab = Collection("lab", lab_tasks.up, lab_tasks.down, lab_tasks.status)
dev = Collection(
    "dev",
    dev_tasks.up,
    dev_tasks.stop,
    dev_tasks.down,
    dev_tasks.restart,
    dev_tasks.build,
    dev_tasks.rebuild,
    dev_looking_tasks.logs,
    dev_looking_tasks.shell,
    dev_looking_tasks.status,
    dev_looking_tasks.watch,
    dev_looking_tasks.volumes,
    dev_looking_tasks.preflight,
    dev_looking_tasks.check,
    dev_looking_tasks.validate,
    dev_data_tasks.backup,
    dev_data_tasks.backups,
    dev_data_tasks.restore,
    dev_data_tasks.reset,
    dev_data_tasks.clean,
)
config = Collection("config")
config.add_task(config_tasks.show_config, name="show")
config.add_task(config_tasks.set_key, name="set")
config.add_task(config_tasks.unset_key, name="unset")
version = Collection("version")
version.add_task(version_tasks.show_versions, name="show")
version.add_task(version_tasks.bump_version, name="bump")
images = Collection("images", image_tasks.inspect, prune_tasks.prune)
github = Collection("github", github_tasks.report_failure, github_tasks.close_fixed, github_tasks.deployments)
vpn = Collection("vpn", vpn_tasks.leave)
for group in (config, images, lab, dev, github, maintenance, server, version, vpn):
    ns.add_collection(group)
