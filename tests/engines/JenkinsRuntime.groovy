/*
 * Runs Jenkinsfiles for real, without Jenkins: it binds the Pipeline steps that a generated file uses, `sh` runs.
 *
 *   groovy JenkinsRuntime.groovy        for each line on standard input, the path of a request, a line with the answer
 *
 * Request: [{file, home, env: {}, params: {}, credentials: {id: {step, values}}, interrupt: label or null,
 *            path: directory put before PATH or null, scm: {url, branch} to clone, or null for a pretended checkout,
 *            environment: {} of every process in place of this one's, or null,
 *            abort: a file that aborts all running steps once it is there, or null,
 *            causes: the classes of what started it,
 *            answers: {stage: login, or "no", or "late" (its time has passed)} of `input`,
 *            previous: {commit, causes} of the last build that succeeded, or null}]
 * Answer:  [{result, error, trace: [{what, …}]}], one for each build, in order
 *
 * As on Jenkins, script code runs in one thread at a time: only a shell step lets others go on. An unknown step or
 * option, a step outside the node that it needs, and a credential of another kind are errors. A file's credential is
 * its content. It shows neither the CPS transformation nor the sandbox nor sizes: see JenkinsfileJudge.groovy.
 */

import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.ReentrantLock
import java.util.regex.Pattern
import org.codehaus.groovy.control.CompilerConfiguration

class Failure extends Exception {
    Failure(String message) { super(message) }
}

class Build {
    final Map request
    final List trace = Collections.synchronizedList([])
    /** What a script sees of it. */
    final CurrentBuild itself
    final ReentrantLock turn = new ReentrantLock(true)
    /** A branch sees what was set around its `parallel`. */
    final InheritableThreadLocal<Map> variables = new InheritableThreadLocal<Map>()
    final InheritableThreadLocal<String> workspace = new InheritableThreadLocal<String>()
    final InheritableThreadLocal<List> secrets = new InheritableThreadLocal<List>()
    final InheritableThreadLocal<String> stage = new InheritableThreadLocal<String>()
    final InheritableThreadLocal<Boolean> limited = new InheritableThreadLocal<Boolean>()
    String result = 'SUCCESS'
    int nodes = 0
    /** The ids of all that was asked. */
    final Set questions = Collections.synchronizedSet([] as Set)

    Build(Map request) {
        this.request = request
        def before = request.previous
        itself = new CurrentBuild(causes: request.causes ?: [],
                                  previousSuccessfulBuild: before ? new CurrentBuild(causes: before.causes) : null)
        secrets.set([])
        variables.set([BUILD_TAG: 'jenkins-Team-a-1', BUILD_URL: 'https://ci.example/job/a/1/', BUILD_NUMBER: '1'] +
            (request.params ?: [:]) + request.env)
    }

    void note(Map event) { trace << event }
}

/** What `currentBuild` tells; `causes` are the classes of what started the build. */
class CurrentBuild {
    List causes
    CurrentBuild previousSuccessfulBuild
    final int number = 3
    final long startTimeInMillis = 1700000000000L
    String description

    List getBuildCauses(String type) { causes.findAll { it == type }.collect { [_class: it] } }
}

abstract class Steps extends Script {
    static final EXTENSIONS = [
        CleanBeforeCheckout: ['deleteUntrackedNestedRepositories'],
        CloneOption: ['shallow', 'depth', 'noTags', 'honorRefspec'],
        SubmoduleOption: ['disableSubmodules', 'recursiveSubmodules', 'parentCredentials', 'shallow', 'depth'],
    ]

    private Build state

    void begin(Build build) { state = build }

    /** A method, because in a closure a script's fields are hidden by its binding. */
    Build current() { state }

    static void known(Map options, String... names) {
        def unknown = options.keySet() - (names as List)
        if (unknown) throw new Failure("unknown option: $unknown")
    }

    def getEnv() { current().variables.get() }
    def getParams() { current().request.params ?: [:] }
    def getCurrentBuild() { current().itself }
    def getScm() {
        def given = current().request.scm
        if (given) {
            return [branches: [[name: given.branch]], extensions: [],
                    userRemoteConfigs: [[url: given.url, name: null, refspec: null, credentialsId: null]]]
        }
        [branches: [[name: 'main']], extensions: [[$class: 'OfTheJob']],
         userRemoteConfigs: [[url: 'ssh://git@code.example:29418/r/team/ores.git', name: null, refspec: null, credentialsId: 'key']]]
    }

    /** The directory of the node around the step. */
    String here(String step) {
        def directory = current().workspace.get()
        if (!directory) throw new Failure("$step: Required context class hudson.FilePath is missing: it stands outside of `node`")
        return directory
    }

    def node(String label = '', Closure body) {
        def home = new File(current().request.home, "node${++current().nodes}")
        new File(home, 'ws').mkdirs()
        def before = current().workspace.get()
        current().workspace.set("$home/ws".toString())
        current().note(what: 'node', label: label)
        try { body() } finally { current().workspace.set(before) }
    }

    def stage(String name, Closure body) {
        current().note(what: 'stage', name: name, run: env.run)
        def around = current().stage.get()
        current().stage.set(name)
        try {
            def value = body()
            current().note(what: 'done', name: name, run: env.run)
            return value
        } catch (Throwable e) {
            current().note(what: 'failed', name: name, run: env.run)
            throw e
        } finally { current().stage.set(around) }
    }

    /** Whoever answers, answers at once. Refused, or after the time of the `timeout` around it, the build is aborted. */
    def input(Map options) {
        known(options, 'id', 'message', 'ok', 'submitter', 'submitterParameter')
        if (current().workspace.get()) throw new Failure('input holds a node while it waits')
        def stage = current().stage.get().minus('approve ')
        // An id that two questions share leads to the first of them. By default it is a digest of the message.
        if (!current().questions.add(options.id ?: options.message)) throw new Failure("input: a second one with the id ${options.id ?: options.message}")
        def answer = current().request.answers?.get(stage) ?: 'no'
        current().note(what: 'input', *: options, name: stage)
        if (answer == 'late' && !current().limited.get()) throw new Failure('input waits for ever')
        if (answer in ['no', 'late']) throw new InterruptedException("$stage: $answer")
        // With no other parameter the step returns this one, with several a map.
        return options.submitterParameter ? answer : null
    }

    def timeout(Map options, Closure body) {
        known(options, 'time', 'unit')
        current().note(what: 'timeout', *: options)
        current().limited.set(true)
        try { return body() } finally { current().limited.set(false) }
    }

    def dir(String path, Closure body) {
        def before = here('dir')
        current().workspace.set(path.startsWith('/') ? path : "$before/$path".toString())
        try { return body() } finally { current().workspace.set(before) }
    }

    def stash(Map options) {
        known(options, 'name', 'includes', 'allowEmpty', 'useDefaultExcludes')
        def from = new File(here('stash'))
        def found = options.includes.split(',').collectMany { matching(from, it) }
        if (options.useDefaultExcludes != false) found = found.findAll { !it.split('/').any { part -> part ==~ DEFAULT_EXCLUDES } }
        if (!found && !options.allowEmpty) throw new Failure("No files included in stash '$options.name'")
        def kept = new File(current().request.home, "stash/$options.name")
        if (kept.exists()) throw new Failure("two parts stash '$options.name'")
        kept.mkdirs()
        found.each { new File(kept, it).bytes = new File(from, it).bytes }
    }

    def unstash(String name) {
        def kept = new File(current().request.home, "stash/$name")
        if (!kept.exists()) throw new Failure("No such saved stash '$name'")
        def to = new File(here('unstash'))
        kept.eachFile { new File(to, it.name).bytes = it.bytes }
    }

    def parallel(Map branches) {
        assert branches && branches.values().every { it instanceof Closure } : 'parallel takes closures'
        def failures = Collections.synchronizedList([])
        def threads = branches.collect { name, body ->
            new Thread({
                current().turn.lock()
                try { body() } catch (Throwable e) { failures << e } finally { current().turn.unlock() }
            })
        }
        threads*.start()
        release { threads*.join() }
        if (failures) throw failures[0]
    }

    private release(Closure wait) {
        int holds = current().turn.holdCount
        holds.times { current().turn.unlock() }
        try { wait() } finally { holds.times { current().turn.lock() } }
    }

    def milestone(int ordinal) { current().note(what: 'milestone', name: "$ordinal".toString()) }

    def sh(String script) { sh(script: script) }

    def sh(Map options) {
        known(options, 'label', 'script', 'returnStatus')
        here('sh')
        if (options.label && options.label == current().request.interrupt) throw new InterruptedException('aborted')
        if (options.label == 'teardown' && env.values) keep(new File(env.values.toString()))
        def file = File.createTempFile('step', '.sh', new File(current().request.home))
        file.setText(options.script.toString(), 'UTF-8')
        file.executable = true
        def done = execute(options.script.startsWith('#!') ? [file.path] : ['sh', '-xe', file.path])
        current().note(what: 'sh', label: options.label, status: done.status, output: masked(done.output))
        if (done.aborted) throw new InterruptedException('aborted')
        if (options.returnStatus) return done.status
        if (done.status) throw new Failure("script returned exit code $done.status")
    }

    /** What the programs wrote, as it was before teardown. */
    private void keep(File values) {
        def kept = new File(current().request.home, "values/$values.name")
        kept.mkdirs()
        values.eachFile { if (it.file) new File(kept, it.name).bytes = it.bytes }
    }

    /** Runs a command in the workspace with the variables; other branches go on meanwhile. */
    private Map execute(List command) {
        def builder = new ProcessBuilder(['setsid', *command]).directory(new File(current().workspace.get()))
        if (current().request.environment != null) {
            builder.environment().clear()
            builder.environment().putAll(current().request.environment)
        }
        builder.environment().putAll(env.collectEntries { k, v -> [k.toString(), v.toString()] })
        if (current().request.path) builder.environment().PATH = "${current().request.path}:${System.getenv('PATH')}".toString()
        def output = File.createTempFile('step', '.log', new File(current().request.home))
        builder.redirectErrorStream(true).redirectOutput(output)
        def abort = current().request.abort ? new File(current().request.abort) : null
        boolean aborted = false, immune = abort == null || abort.exists()
        int status = 0
        def process = builder.start()
        release {
            while (!immune && !aborted && !process.waitFor(100, TimeUnit.MILLISECONDS)) {
                if (abort.exists()) {
                    aborted = true
                    // A group of its own, for what the shell started must end too.
                    ['kill', '-TERM', '--', "-${process.pid()}"].execute().waitFor()
                }
            }
            status = process.waitFor()
        }
        return [status: status, output: output.getText('UTF-8'), aborted: aborted]
    }

    private String masked(String text) {
        current().secrets.get().sort(false) { -it.size() }.inject(text) { all, secret -> all.replace(secret, '****') }
    }

    def withEnv(List items, Closure body) {
        def before = current().variables.get()
        def now = new LinkedHashMap(before)
        items.each { item ->
            def (name, value) = item.toString().split('=', 2)
            value = value.replaceAll(/\$(\w+|\{[\w.]+\}|\$)/) { all, key ->
                key == '$' ? '$' : before[key.replaceAll(/[{}]/, '')] ?: all
            }
            if (value) now[name] = value else now.remove(name)
        }
        current().variables.set(now)
        try { body() } finally { current().variables.set(before) }
    }

    def withCredentials(List bindings, Closure body) {
        def values = bindings.collectMany { it.values }
        def files = bindings.collectMany { it.files }
        current().note(what: 'credentials', names: values.collect { it.split('=')[0] })
        def before = current().secrets.get()
        current().secrets.set(before + bindings.collectMany { it.secret })
        try { withEnv(values, body) } finally {
            current().secrets.set(before)
            files.each { it.parentFile.deleteDir() }
        }
    }

    private Map bound(String step, Map options, List keys) {
        known(options, 'credentialsId', *keys)
        def entry = current().request.credentials[options.credentialsId]
        if (!entry) throw new Failure("Could not find credentials entry with ID '$options.credentialsId'")
        if (entry.step != step) throw new Failure("Credentials '$options.credentialsId' is of type $entry.step where $step was expected")
        def files = step in ['file', 'sshUserPrivateKey'] ? [secretFile(entry.values[0])] : []
        def values = files ? [files[0].path] : entry.values
        def secret = step == 'usernamePassword' ? values[1..1] : values
        def assigned = [keys, values].transpose().collect { key, value -> "${options[key]}=${value.replace('$', '$$')}".toString() }
        return [values: assigned, files: files, secret: secret.findAll { it }]
    }

    private File secretFile(String content) {
        def directory = new File(here('file') + "@tmp/secretFiles/${UUID.randomUUID()}")
        directory.mkdirs()
        def file = new File(directory, 'file')
        file.setText(content, 'UTF-8')
        return file
    }

    def string(Map options) {
        'variable' in options ? bound('string', options, ['variable']) : [name: options.name, value: options.value.toString()]
    }
    def file(Map options) { bound('file', options, ['variable']) }
    def sshUserPrivateKey(Map options) { bound('sshUserPrivateKey', options, ['keyFileVariable']) }
    def usernamePassword(Map options) { bound('usernamePassword', options, ['usernameVariable', 'passwordVariable']) }

    def checkout(Map source) {
        known(source, '$class', 'userRemoteConfigs', 'branches', 'extensions')
        here('checkout')
        current().note(what: 'checkout', source: source)
        def remote = source.userRemoteConfigs[0]
        if (current().request.scm) return cloned(remote, source.branches[0].name, source.extensions)
        return [GIT_COMMIT: '0123456789abcdef0123456789abcdef01234567', GIT_URL: remote.url, GIT_BRANCH: 'origin/main'] + previous()
    }

    /** As the git plugin fetches: the job's branch or a tag by its refspec, what is not tracked gone. */
    private Map cloned(Map remote, String branch, List extensions) {
        def by = extensions.collectEntries { extension ->
            def options = EXTENSIONS[extension.get('$class')]
            if (options == null) throw new Failure("unknown extension: ${extension.get('$class')}")
            known(extension.findAll { it.key != '$class' }, *options)
            [extension.get('$class'), extension]
        }
        def clone = by.CloneOption ?: [:], modules = by.SubmoduleOption
        def depth = { it?.shallow ? ['--depth', "${it.depth ?: 1}".toString()] : [] }
        def refspecs = (remote.refspec ?: '+refs/heads/*:refs/remotes/origin/*').split(' ') as List
        def tag = branch.startsWith('refs/tags/') ? ["+$branch:$branch".toString()] : []
        git('init', '--quiet')
        git('fetch', '--quiet', clone.noTags ? '--no-tags' : '--tags', *depth(clone), remote.url, *refspecs, *tag)
        def place = tag ? branch : branch ==~ /[0-9a-f]{40}/ ? branch : "refs/remotes/origin/$branch".toString()
        git('checkout', '--quiet', '--force', '--detach', place)
        if (by.CleanBeforeCheckout) git('clean', '--quiet', '-ffdx')
        if (modules && !modules.disableSubmodules) {
            git('submodule', '--quiet', 'update', '--init', *(modules.recursiveSubmodules ? ['--recursive'] : []), *depth(modules))
        }
        return [GIT_COMMIT: git('rev-parse', 'HEAD').trim(), GIT_URL: remote.url, GIT_BRANCH: tag ? branch : "origin/$branch".toString()] + previous()
    }

    private Map previous() {
        def before = current().request.previous
        before ? [GIT_PREVIOUS_SUCCESSFUL_COMMIT: before.commit] : [:]
    }

    private String git(String... words) {
        def done = execute(['git', *words])
        if (done.status) throw new Failure("git ${words.join(' ')}: $done.output")
        return done.output
    }

    def pwd(Map options = [:]) {
        known(options, 'tmp')
        def directory = new File(here('pwd') + (options.tmp ? '@tmp' : ''))
        directory.mkdirs()
        return directory.path
    }

    def readFile(Map options) {
        known(options, 'file', 'encoding')
        def path = options.file.toString()
        def file = path.startsWith('/') ? new File(path) : new File(here('readFile'), path)
        return file.getText(options.encoding)
    }

    def fileExists(String file) { return new File(file).exists() }

    def catchError(Map options, Closure body) {
        known(options, 'message', 'buildResult', 'stageResult', 'catchInterruptions')
        try {
            body()
        } catch (Exception e) {
            if (e instanceof InterruptedException && options.catchInterruptions == false) throw e
            current().note(what: 'caught', message: options.message, error: e.message, shown: options.stageResult, run: env.run)
            if (options.buildResult != 'SUCCESS') current().result = 'FAILURE'
        }
    }

    /** Ant leaves these out unless told not to, and says only that nothing was found. */
    static final DEFAULT_EXCLUDES = ~'(.*~|#.*#|\\.#.*|%.*%|\\._.*|CVS|\\.svn|\\.git(attributes|ignore|modules)?|\\.hg|\\.bzr|\\.DS_Store)'

    /** The files that an Ant pattern names: to it a backslash is a slash, whatever the system. */
    static List<String> matching(File from, String pattern) {
        def path = pattern.replace('\\', '/')
        if (!(path =~ /[*?]/)) return new File(from, path).file ? [path] : []
        def regex = path.split('(?<=[*?])|(?=[*?])').collect {
            it == '*' ? '[^/]*' : it == '?' ? '[^/]' : Pattern.quote(it)
        }.join('')
        def found = []
        from.eachFileRecurse { if (it.file) found << from.toPath().relativize(it.toPath()).toString() }
        return found.findAll { it ==~ regex }
    }

    def archiveArtifacts(Map options) {
        known(options, 'artifacts', 'allowEmptyArchive', 'defaultExcludes')
        def from = new File(here('archiveArtifacts').toString())
        def found = options.artifacts.split(',')*.trim().collectMany { matching(from, it) }
        if (options.defaultExcludes != false) found = found.findAll { !it.split('/').any { part -> part ==~ DEFAULT_EXCLUDES } }
        found.each {
            def kept = new File(current().request.home, "archive/$it")
            kept.parentFile.mkdirs()
            kept.bytes = new File(from, it).bytes
        }
        current().note(what: 'archive', files: found)
        if (!found && !options.allowEmptyArchive) throw new Failure("No artifacts found that match ${options.artifacts}")
    }

    /** Ant's patterns, of which a double star stands for any directories. */
    static List<String> reports(File from, String pattern) {
        def regex = pattern.split(',').collect { one ->
            one.trim().findAll('\\*\\*/|\\*|[^*]+').collect {
                it == '**/' ? '(?:.*/)?' : it == '*' ? '[^/]*' : Pattern.quote(it)
            }.join('')
        }.join('|')
        def found = []
        from.eachFileRecurse { if (it.file) found << from.toPath().relativize(it.toPath()).toString() }
        return found.findAll { it ==~ regex }.sort()
    }

    /** The files that the step read, in the place that the harness asks for. */
    void show(String kind, String pattern) {
        def from = new File(here(kind).toString())
        def found = reports(from, pattern)
        found.each {
            def kept = new File(current().request.home, "reports/$kind/$it")
            kept.parentFile.mkdirs()
            kept.bytes = new File(from, it).bytes
            new XmlSlurper().parse(kept)
        }
        current().note(what: kind, files: found)
    }

    def junit(Map options) {
        known(options, 'testResults', 'allowEmptyResults', 'skipMarkingBuildUnstable')
        if (options.skipMarkingBuildUnstable != true) throw new Failure('failed tests would make the build unstable')
        show('junit', options.testResults)
    }

    def recordCoverage(Map options) {
        known(options, 'tools', 'ignoreParsingErrors')
        options.tools.each {
            if (it.keySet() != ['parser', 'pattern'] as Set || it.parser != 'COBERTURA') throw new Failure("no such tool: $it")
            show('cobertura', it.pattern)
        }
    }

    def mail(Map options) {
        known(options, 'to', 'from', 'subject', 'body')
        current().note(what: 'mail', *: options)
        if (options.to == 'nobody') throw new Failure('no such address')
    }

    def build(Map options) {
        known(options, 'job', 'parameters', 'wait', 'propagate')
        current().note(what: 'build', *: options)
        if (options.wait == false) return null
        def result = current().request.downstream?.get(options.job) ?: 'SUCCESS'
        // What the real step throws is a FlowInterruptedException, which an abort throws too.
        if (options.propagate != false && result != 'SUCCESS') throw new InterruptedException("$options.job: $result")
        return [result: result]
    }

    def echo(message) { current().note(what: 'echo', message: message.toString()) }
    def error(String message) { throw new Failure(message) }
}

def run = { Map request ->
    def build = new Build(request)
    def configuration = new CompilerConfiguration(scriptBaseClass: Steps.name, sourceEncoding: 'UTF-8')
    def failure = null
    build.turn.lock()
    try {
        Script script = new GroovyShell(Steps.classLoader, new Binding(), configuration).parse(new File(request.file))
        script.begin(build)
        script.run()
    } catch (InterruptedException e) {
        build.result = 'ABORTED'
        failure = e
    } catch (Throwable e) {
        build.result = 'FAILURE'
        failure = e
    } finally {
        build.turn.unlock()
    }
    return [result: build.result, error: failure?.toString(), trace: build.trace]
}

System.in.eachLine('UTF-8') { path ->
    println JsonOutput.toJson(new JsonSlurper().parse(new File(path), 'UTF-8').collect { run(it) })
    System.out.flush()
}
