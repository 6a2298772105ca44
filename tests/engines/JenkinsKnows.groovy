/* What Jenkins has, allows and bears: the facts that JenkinsfileWalk judges by. */

class JenkinsKnows {
    static final LIMITS = [methods: 600, statements: 100, list: 240, map: 120, string: 60000, nodes: 800]

    /** Steps that do something on Jenkins: to call one is to cross the CPS line. */
    static final STEPS = '''node stage sh bat pwsh powershell echo error parallel dir withEnv withCredentials checkout
        archiveArtifacts mail emailext build timeout retry lock throttle milestone catchError warnError unstable stash
        unstash writeFile readFile fileExists deleteDir cleanWs pwd ws properties input timestamps ansiColor sleep
        waitUntil isUnix tool step wrap load library git readJSON writeJSON readYaml writeYaml findFiles libraryResource
        publishHTML junit recordCoverage'''.split() as Set

    /** What only makes a value for a step's argument. */
    static final SYMBOLS = '''usernamePassword string file usernameColonPassword sshUserPrivateKey certificate
        parameters pipelineTriggers cron pollSCM upstream disableConcurrentBuilds buildDiscarder logRotator booleanParam
        choice text password disableResume durabilityHint'''.split() as Set

    static final SCRIPT_METHODS = ['println', 'print', 'call'] as Set
    static final GLOBALS = ['env', 'params', 'currentBuild', 'scm', 'docker', 'steps', 'this', 'JOB_NAME'] as Set

    /** The sandbox's own list is longer; these are the ones that a generated file has a use for. */
    static final CONSTRUCTORS = '''Date ArrayList LinkedList HashMap LinkedHashMap TreeMap HashSet LinkedHashSet TreeSet
        StringBuilder JsonSlurper'''.split() as Set
    static final FORBIDDEN_CLASSES = '''System Runtime Thread File Eval Jenkins JsonSlurperClassic ProcessBuilder
        Class'''.split() as Set
    static final FORBIDDEN_METHODS = ['execute', 'evaluate', 'getRawBuild', 'invokeMethod', 'getenv'] as Set
    static final FORBIDDEN_PROPERTIES = ['rawBuild', 'metaClass', 'class', 'classLoader'] as Set

    /** Taking a closure that CPS transformed, they get its first unfinished step instead of its value. */
    static final NOT_CPS = ['sort', 'toSorted', 'unique', 'toUnique', 'max', 'min', 'sum'] as Set

    /** Each makes a plain list or a set that Jenkins can iterate over and keep across a step. */
    static final MAKES_LIST = '''entrySet keySet values toList tokenize split collect collectMany findAll sort toSorted
        unique reverse flatten plus minus asList'''.split() as Set
    static final LIST_TYPES = ['List', 'ArrayList', 'Collection', 'Set', 'String[]', 'Object[]'] as Set
}
