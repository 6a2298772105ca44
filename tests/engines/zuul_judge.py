"""Judges Zuul configuration with Zuul's own parser, layout and job graph.

Stand-alone: run by the python of the engines' virtual environment, which has `zuul` and not `transpipe`. It must know
nothing of the compiler, only what a Zuul server would see of a repository.

    zuul_judge.py REQUEST.json        the answer is JSON on standard output

A request is a list of repositories, each judged in a tenant of its own:
    project      its name; files {path: text}
    pipelines    the names that the site has; post_review: those of them that are post-review
    secrets      names that count as defined by the repository although no file here says so
    base_jobs    jobs that the site has besides `base`
    branch       of the change that the graphs are frozen for (`main`); refs {pipeline: ref} for tags
    elsewhere    {branch: files} of the repository's other branches
    extra_config_paths  further places of configuration in the repository, as the tenant names them
    changed      paths that the change touches, for file matchers; without it every matcher matches
"""

# ruff: noqa: ARG005 - the stand-ins take what Zuul gives them

import base64
import collections
import json
import logging
import os
import sys
import types

import yaml
from zuul import configloader, model
from zuul.lib import yamlutil
from zuul.lib.ansible import AnsibleManager
from zuul.model_api import MODEL_API
from zuul.zk.components import COMPONENT_REGISTRY

HOST = "example.org"
SITE = "site-config"
EVERYTHING = frozenset(("pipeline", "job", "semaphore", "project", "project-template", "nodeset", "secret", "queue"))
CONFIG_DIRECTORIES = ("zuul.d/", ".zuul.d/")

# A server's components agree on this by ZooKeeper.
COMPONENT_REGISTRY.registry = types.SimpleNamespace(model_api=MODEL_API)
# Nobody here has the site's private key, and what the ciphertext says is not what is judged.
yamlutil.EncryptedPKCS1_OAEP.decrypt = lambda self, private_key: "decrypted"


class Source:
    """What Zuul asks of the connection that a project comes from."""

    canonical_hostname = HOST
    name = "stand-in"
    connection = types.SimpleNamespace(connection_name="stand-in")

    def getProjectDefaultMergeMode(self, project, valid_modes=None):
        return "merge"

    def getProjectDefaultBranch(self, project, tenant, min_ltime=-1):
        return tenant.project_configs[project.canonical_name].branches[0]


class Semaphores:
    def getSemaphoreInfo(self, job_semaphore):
        return {"name": job_semaphore.name}


class Item:
    """A queue item of one change: what freezing a job graph asks of it."""

    event = None
    debug = False
    parameters = None

    def __init__(self, tenant, pipeline, change):
        self.manager = types.SimpleNamespace(tenant=tenant, pipeline=pipeline)
        self.changes = [change]
        self.current_build_set = types.SimpleNamespace(fail_fast=False, jobs={}, debug_messages=[], item=self)

    def annotateLogger(self, logger):
        return logger

    def getChangeForJob(self, job):
        return self.changes[0]

    def updatesJobConfig(self, job, change, layout):
        return False


class Judge:
    """The parsers, made once: their schemas take longer to build than a repository to read."""

    def __init__(self):
        connections = types.SimpleNamespace(connections={})
        self.context = configloader.ParseContext(connections, types.SimpleNamespace(), None, AnsibleManager())
        self.parser = configloader.TenantParser(connections, None, None, None, None, None, None, None)
        # A manager's own constructor wants ZooKeeper; the layout only ever asks it for its pipeline.
        self.parser.createManager = lambda context, pipeline, tenant: types.SimpleNamespace(pipeline=pipeline)

    def layout(self, repository):
        tenant = model.Tenant("tenant")
        tenant.default_base_job = "base"
        tenant.default_ansible_version = self.context.ansible_manager.default_version
        tenant.allowed_labels = tenant.disallowed_labels = ()
        tenant.semaphore_handler = Semaphores()
        abide = model.Abide()
        branch = repository.get("branch", "main")
        self.context.error_list.clear()
        for name, branches, trusted in (
            (SITE, {"master": {"zuul.yaml": site(repository)}}, True),
            (repository["project"], {branch: repository["files"], **repository.get("elsewhere", {})}, False),
        ):
            project = model.Project(name, Source())
            tpc = model.TenantProjectConfig(project)
            tpc.trusted, tpc.branches, tpc.load_classes = trusted, list(branches), EVERYTHING
            extra = () if trusted else repository.get("extra_config_paths", ())
            tpc.extra_config_files = tuple(place for place in extra if not place.endswith("/"))
            tpc.extra_config_dirs = tuple(place.rstrip("/") for place in extra if place.endswith("/"))
            tenant.addTPC(tpc)
            for on, files in branches.items():
                where = model.SourceContext(project.canonical_name, name, "stand-in", on, None)
                config = {path: text for path, text in configuration(files, extra).items() if text}
                self.parser._updateConfigObjectCache(abide, tenant, where, config, self.context, 0, None)
        parsed = self.parser._loadTenantParsedConfig(abide, tenant, self.context)
        where = model.SourceContext(project.canonical_name, name, "stand-in", branch, "secrets")
        add_secrets(parsed, repository, where)
        layout = self.parser._parseLayout(tenant, parsed, self.context)
        return tenant, layout, project

    def judge(self, repository):
        tenant, layout, project = self.layout(repository)
        errors, warnings = [], []
        for error in layout.loading_errors.errors:
            (warnings if error.severity == "warning" else errors).append(error.error)
        errors += unreported(layout, project, repository, warnings)
        graphs = {}
        for name in repository["pipelines"]:
            try:
                graph = freeze(tenant, layout, project, name, repository)
            except Exception as error:
                errors.append(f"pipeline {name}: {error}")
            else:
                if graph is not None:
                    graphs[name] = graph
        playbooks = sorted({playbook.path for job in own_jobs(layout, project) for playbook in job.all_playbooks})
        return {
            "project": repository["project"],
            "errors": errors,
            "warnings": warnings,
            "playbooks": [path for path in playbooks if path in repository["files"]],
            "pipelines": graphs,
        }


def site(repository):
    """The configuration of the config-project: what a repository finds there."""
    post_review = repository.get("post_review", ())
    stanzas = [
        {"pipeline": {"name": name, "manager": "independent", "trigger": {}, "post-review": name in post_review}}
        for name in repository["pipelines"]
    ]
    base = {"parent": None, "pre-run": "pre.yaml", "timeout": 1800}
    stanzas += [{"job": {"name": name} | base} for name in ("base", *repository.get("base_jobs", ()))]
    return yaml.safe_dump(stanzas)


def configuration(files, extra):
    """The files that Zuul's merger hands over, before `first found wins`; `extra` are the tenant's extra places."""
    ignored = tuple(os.path.dirname(path) for path in files if path.endswith(".zuul.ignore"))
    directories = (*CONFIG_DIRECTORIES, *(place for place in extra if place.endswith("/")))
    return {
        path: text
        for path, text in files.items()
        if path in ("zuul.yaml", ".zuul.yaml", *extra)
        or (path.startswith(directories) and path.endswith(".yaml") and not path.startswith(ignored))
    }


def add_secrets(parsed, repository, where):
    for name in repository.get("secrets", ()):
        if all(secret.name != name for secret in parsed.secrets):
            secret = model.Secret(name, where)
            secret.source_context, secret.start_mark = where, None
            secret.secret_data = {"data": "filled in by the user"}
            parsed.secrets.append(secret)


def own_jobs(layout, project):
    """The job stanzas that the repository itself has; the site's and `noop` are not its."""
    return [
        job
        for variants in layout.jobs.values()
        for job in variants
        if job.source_context and job.source_context.project_canonical_name == project.canonical_name
    ]


def unreported(layout, project, repository, warnings):
    """The mistakes that Zuul finds only when a job runs, or never."""
    own = own_jobs(layout, project)
    for job in own:
        for playbook in job.all_playbooks:
            if playbook.path not in repository["files"]:
                yield f"job {job.name}: the playbook {playbook.path} does not exist"
    yield from parent_cycles({job.name: job.parent for job in own if isinstance(job.parent, str)})
    stanzas = [*layout.getProjectConfigs(project.canonical_name)]
    stanzas += [template for templates in layout.project_templates.values() for template in templates]
    for stanza in stanzas:
        for name in stanza.pipelines:
            if name not in layout.pipeline_managers:
                yield f"the pipeline {name} does not exist"
    warnings += [
        f"job {name} is defined {count} times: Zuul merges them as variants"
        for name, count in collections.Counter(job.name for job in own).items()
        if count > 1
    ]
    used = [*own, *(job for stanza in stanzas for job in stanza.embeddedJobs())]
    undefined = {semaphore.name for job in used for semaphore in job.semaphores} - set(layout.semaphores)
    warnings += [f"the semaphore {name} is not defined: Zuul makes one of 1" for name in sorted(undefined)]


def parent_cycles(parents):
    seen = set()
    for start in parents:
        path, name = [], start
        while name in parents and name not in path and name not in seen:
            path.append(name)
            name = parents[name]
        if name in path:
            yield "a cycle of parents: " + " -> ".join([*path[path.index(name) :], name])
        seen.update(path)


def freeze(tenant, layout, project, pipeline_name, repository):
    """The graph of jobs that Zuul would run for a change to this project, None when it takes no part."""
    pipeline = layout.pipeline_managers[pipeline_name].pipeline
    change = types.SimpleNamespace(project=project, cache_key="change", files=repository.get("changed"))
    ref = repository.get("refs", {}).get(pipeline_name)
    if ref:
        change.ref, change.containing_branches = ref, [repository.get("branch", "main")]
    else:
        change.branch = repository.get("branch", "main")
        change.ref = f"refs/heads/{change.branch}"
    item = Item(tenant, pipeline, change)
    if not layout.getProjectPipelineConfig(item, change):
        return None
    # Redacted: what the secrets hold stays out of the answer, and no blob store is needed.
    frozen = layout.createJobGraph(None, item, None, repository.get("changed") is None, True)
    graph = frozen["job_graph"]
    return {
        "fail_fast": bool(frozen["fail_fast"]),
        "jobs": {job.name: description(graph, job) for job in graph.getJobs()},
    }


def description(graph, job):
    dependencies = graph.job_dependencies.get(job.uuid, {})

    def named(soft):
        uuids = [uuid for uuid, how in dependencies.items() if how["soft"] is soft]
        return sorted(graph.getJobFromUuid(uuid).name for uuid in uuids)

    def paths(playbooks):
        return [playbook["path"] for playbook in playbooks if playbook["project"] != SITE]

    playbooks = [*job.pre_run, *job.run, *job.post_run]
    return {
        "dependencies": named(False),
        "soft_dependencies": named(True),
        "pre_run": paths(job.pre_run),
        "run": paths(job.run),
        "post_run": paths(job.post_run),
        "cleanup": paths(playbook for playbook in job.post_run if playbook["cleanup"]),
        "secrets": {playbook["path"]: sorted(playbook["secrets"]) for playbook in playbooks if playbook["secrets"]},
        "nodes": [{"names": list(node.name), "label": node.label} for node in job.nodeset.getNodes()],
        "semaphores": sorted(semaphore.name for semaphore in job.semaphores),
        "timeout": job.timeout,
        "post_timeout": job.post_timeout,
        "attempts": job.attempts,
        "voting": job.voting,
        "variables": job.variables or {},
        "required_projects": sorted(job.required_projects),
        "provides": sorted(job.provides),
        "requires": sorted(job.requires),
    }


def plain(value):
    """For values that YAML has and JSON has not, and for Zuul's read-only mappings."""
    if isinstance(value, types.MappingProxyType):
        return dict(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def main():
    logging.disable(logging.CRITICAL)
    with open(sys.argv[1], encoding="utf-8") as request:
        repositories = json.load(request)
    judge = Judge()
    json.dump([judge.judge(repository) for repository in repositories], sys.stdout, default=plain)


if __name__ == "__main__":
    main()
