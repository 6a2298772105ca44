"""What is read back is not what was posted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from doubles.jenkins import api, xmltext, xstream
from doubles.jenkins.conftest import Client
from doubles.jenkins.settings import Settings

PLUGINS = api.present(Settings())
WORKFLOW = "org.jenkinsci.plugins.workflow"
SCRIPT = f'<definition class="{WORKFLOW}.cps.CpsFlowDefinition"><script>{{}}</script></definition>'
SCM_CLASS = f"{WORKFLOW}.cps.CpsScmFlowDefinition"
TIMER = "<hudson.triggers.TimerTrigger><spec>H 4 * * *</spec></hudson.triggers.TimerTrigger>"


def kept(text: str, plugins: dict[str, str] = PLUGINS) -> str:
    return xmltext.write(xstream.rewrite(xmltext.parse(text), plugins))


def test_a_pipeline_job_as_jenkins_writes_it() -> None:
    posted = f"""<?xml version="1.0" encoding="UTF-8"?>
    <flow-definition plugin="workflow-job@1.0">
        <disabled>TRUE</disabled><sandboxx>true</sandboxx>
        <definition class="{WORKFLOW}.cps.CpsFlowDefinition" plugin="workflow-cps">
            <sandbox> true </sandbox><script>echo "a" &amp;&amp; 'b' > c&#13;\r\nend</script>
        </definition>
        <description/>
    </flow-definition>
    """
    assert kept(posted) == (
        "<?xml version='1.1' encoding='UTF-8'?>\n"
        f'<flow-definition plugin="workflow-job@{PLUGINS["workflow-job"]}">\n'
        "  <actions/>\n"
        "  <description></description>\n"
        "  <keepDependencies>false</keepDependencies>\n"
        "  <properties/>\n"
        f'  <definition class="{WORKFLOW}.cps.CpsFlowDefinition" plugin="workflow-cps@{PLUGINS["workflow-cps"]}">\n'
        "    <script>echo &quot;a&quot; &amp;&amp; &apos;b&apos; &gt; c&#xd;\nend</script>\n"
        "    <sandbox>true</sandbox>\n"
        "  </definition>\n"
        "  <triggers/>\n"
        "  <disabled>true</disabled>\n"
        "</flow-definition>"
    )


@pytest.mark.parametrize(
    ("posted", "moved"),
    [
        (f"<triggers>{TIMER}</triggers>", "PipelineTriggersJobProperty>\n      <triggers>\n        <hudson.triggers"),
        (f"<triggers class='vector'>{TIMER}</triggers>", "PipelineTriggersJobProperty>\n      <triggers>\n"),
        ("<concurrentBuild>false</concurrentBuild>", "DisableConcurrentBuildsJobProperty>\n      <abortPrevious>false"),
        (
            "<logRotator><numToKeep>7</numToKeep></logRotator>",
            "<numToKeep>7</numToKeep>\n        <artifactDaysToKeep>-1",
        ),
    ],
    ids=["triggers", "triggers as JJB has them", "no concurrent builds", "log rotation"],
)
def test_old_elements_move_into_the_properties(posted: str, moved: str) -> None:
    text = kept(f"<flow-definition>{posted}</flow-definition>")
    assert moved in text[text.index("<properties>") : text.index("</properties>")]
    assert "<triggers/>\n  <disabled>" in text
    assert kept(text) == text


def test_concurrent_builds_that_are_allowed_leave_nothing() -> None:
    assert kept("<flow-definition><concurrentBuild>true</concurrentBuild></flow-definition>") == kept(
        "<flow-definition/>"
    )


@pytest.mark.parametrize(
    "root",
    [
        "<project/>",
        "<com.cloudbees.hudson.plugins.folder.Folder/>",
        f"<{WORKFLOW}.multibranch.WorkflowMultiBranchProject/>",
        f"<flow-definition>{SCRIPT.format('x')}<quietPeriod>5</quietPeriod></flow-definition>",
    ],
    ids=["project", "folder", "multibranch", "pipeline"],
)
def test_what_jenkins_wrote_it_writes_again(root: str) -> None:
    once = kept(root)
    assert kept(once) == once
    assert once.startswith("<?xml version='1.1' encoding='UTF-8'?>\n<")
    assert not once.endswith("\n")


@pytest.mark.parametrize(
    ("missing", "lost"),
    [("workflow-cps", "<definition"), ("git", "<scm"), ("workflow-job", None)],
    ids=["the definition's", "the SCM's", "the root's"],
)
def test_what_a_missing_plugin_leaves(missing: str, lost: str | None) -> None:
    posted = (
        f'<flow-definition><definition class="{SCM_CLASS}"><scm class="hudson.plugins.git.GitSCM"/>'
        "<scriptPath>Jenkinsfile</scriptPath></definition></flow-definition>"
    )
    plugins = {name: version for name, version in PLUGINS.items() if name != missing}
    if lost is None:
        with pytest.raises(xstream.UnknownClass):
            kept(posted, plugins)
    else:
        assert lost in kept(posted)
        assert lost not in kept(posted, plugins)


def test_the_plugin_of_a_class_is_said_where_it_changes() -> None:
    text = kept(
        f'<flow-definition><definition class="{SCM_CLASS}"><scm class="hudson.plugins.git.GitSCM">'
        "<branches><hudson.plugins.git.BranchSpec><name>*/main</name></hudson.plugins.git.BranchSpec></branches>"
        "</scm></definition></flow-definition>"
    )
    assert text.count('plugin="git@') == 1
    assert '<submoduleCfg class="empty-list"/>' in text


@pytest.mark.parametrize(
    ("version", "posted", "written"),
    [
        ("1.0", "a\u2028b&#x85;c", "a\u2028b&#x85;c"),
        ("1.1", "a\u2028b\x85c&#x2028;d&#x85;", "a\nb\nc\u2028d&#x85;"),
        ("1.1", "a\rb\r\x85c&#13;d", "a\nb\nc&#xd;d"),
        ("1.1", "a&#1;b", "a&#x1;b"),
        ("1.0", "\U0001f600\ufffd", "\U0001f600\ufffd"),
    ],
    ids=["1.0 keeps separators", "1.1 makes them newlines", "1.1 loses CR", "1.1 has control characters", "astral"],
)
def test_characters_by_version(version: str, posted: str, written: str) -> None:
    text = kept(f'<?xml version="{version}"?><flow-definition><description>{posted}</description></flow-definition>')
    assert f"<description>{written}</description>" in text


def test_a_line_separator_does_not_survive_a_second_reading() -> None:
    once = kept("<flow-definition><description>a\u2028b</description></flow-definition>")
    assert "<description>a\nb</description>" in kept(once)


def test_an_older_core_reads_back_the_posted_text_until_the_first_save(start: Callable[..., Client]) -> None:
    client = start(version="2.541.2")
    client.create("a", "<flow-definition>\n\n <description>a&#13;'b'</description></flow-definition>\n")
    assert client.config("a") == (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
        "<flow-definition>\n\n <description>a&#13;'b'</description></flow-definition>"
    )
    client.to.restart()
    assert "standalone" in client.config("a")
    assert client.post("job/a/disable").status_code == 302
    assert client.config("a").startswith("<?xml version='1.1'")
    assert "<description>a&#xd;&apos;b&apos;</description>" in client.config("a")


def test_what_is_read_back_over_http_is_what_is_kept(start: Callable[..., Client], tmp_path: Path) -> None:
    client = start(missing=["workflow-cps"])
    assert client.create("a", f"<flow-definition>{SCRIPT.format('x')}</flow-definition>").status_code == 200
    assert "definition class" not in client.config("a")
    client.to.change(missing=[])
    client.create("b", f"<flow-definition>{SCRIPT.format('é日😀')}</flow-definition>")
    assert "<script>é日😀</script>" in client.config("b")
    assert client.config("b") == client.to.jobs()["b"].xml
