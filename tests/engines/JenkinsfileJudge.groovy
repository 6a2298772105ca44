/*
 * Judges Jenkinsfiles by what Groovy 2.4, the version that Jenkins embeds, makes of them.
 *
 * Plain Groovy compiles scripts that Jenkins refuses: it sees neither the CPS transformation (a whole method with its
 * closures becomes one method of 64 KB at most) nor the sandbox. So each file is compiled and its syntax tree walked
 * for what is known to break there. It knows nothing of the compiler whose output it judges.
 *
 *   groovy -cp HERE JenkinsfileJudge.groovy REQUEST.json        the answer is JSON on standard output
 *
 * Request: {files: [path], literals: [Groovy source of a string]}
 * Answer:  {files: {path: {errors: [{rule, line, message}], methods: {name: count of its nodes}, scripts: [...]}},
 *           literals: [{value} or {error}]}
 * A script is the `script:` of an `sh` step: {method, line, label, kind, script}, where kind is `constant` (script is
 * the decoded text), `gstring` (script is its source, for a reader) or `dynamic` (script is null).
 */

import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.ast.*
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.control.*
import org.codehaus.groovy.control.customizers.ImportCustomizer
import org.codehaus.groovy.control.messages.*

class FileJudge {
    /** Jenkins imports @NonCPS by itself; here it only has to be a name. */
    static final GroovyClassLoader LOADER = new GroovyClassLoader().with { loader ->
        loader.parseClass('package com.cloudbees.groovy.cps\n@interface NonCPS {}')
        loader
    }

    static CompilerConfiguration configuration() {
        def configuration = new CompilerConfiguration()
        configuration.addCompilationCustomizers(new ImportCustomizer().addImports('com.cloudbees.groovy.cps.NonCPS'))
        // @Grab downloads while it compiles.
        configuration.disabledGlobalASTTransformations = ['groovy.grape.GrabAnnotationTransformation'] as Set
        configuration.sourceEncoding = 'UTF-8'
        return configuration
    }

    static Map judge(String path) {
        def walk = new JenkinsfileWalk()
        def unit = new CompilationUnit(configuration(), null, new GroovyClassLoader(LOADER))
        unit.addSource(new File(path))
        unit.addPhaseOperation(new CompilationUnit.SourceUnitOperation() {
            void call(SourceUnit source) { FileJudge.walk(walk, source.AST) }
        }, Phases.CANONICALIZATION)
        try {
            unit.compile(Phases.CLASS_GENERATION)
        } catch (MultipleCompilationErrorsException e) {
            e.errorCollector.errors.each { walk.errors << compilation(it) }
        } catch (RuntimeException e) {
            // "Method code too large" comes from the class writer as it is.
            walk.errors << [rule: 'compile', line: 0, method: null, message: e.toString()]
        }
        return [errors: walk.errors, methods: walk.counts, scripts: walk.scripts]
    }

    static Map compilation(message) {
        def cause = message instanceof SyntaxErrorMessage ? message.cause : null
        def text = cause ? cause.originalMessage : message instanceof ExceptionMessage ? message.cause.toString() :
            message.message
        return [rule: 'compile', line: cause ? cause.line : 0, method: null, message: text]
    }

    static void walk(JenkinsfileWalk walk, ModuleNode module) {
        walk.methods = module.methods.collectEntries { [it.name, it] }
        walk.limit('methods', module, module.methods.size())
        module.methods.groupBy { it.name }.each { name, all ->
            if (all.size() > 1) {
                walk.flag('overloaded', all[1], "the method `$name` is defined ${all.size()} times")
            }
        }
        def annotated = module.imports + module.starImports + module.methods + module.classes
        annotated.collectMany { it.annotations }.each {
            if (it.classNode.nameWithoutPackage in ['Grab', 'Grapes', 'GrabResolver', 'GrabConfig', 'GrabExclude']) {
                walk.flag('sandbox', it, "@${it.classNode.nameWithoutPackage} is refused by the sandbox")
            }
        }
        def script = module.scriptClassDummy ?: module.classes[0]
        walk.walk(new MethodNode('run', 0, ClassHelper.OBJECT_TYPE, Parameter.EMPTY_ARRAY, ClassNode.EMPTY_ARRAY,
            script.getMethod('run', Parameter.EMPTY_ARRAY)?.code ?: module.statementBlock), '(top)')
        module.methods.each { walk.walk(it, it.name) }
    }
}

class Literals {
    static final int BATCH = 500

    /** Many in one source, because starting a compilation costs more than a literal; one by one when it fails. */
    static List decode(List<String> literals) {
        literals.collate(BATCH).collectMany { batch -> decodeBatch(batch) ?: batch.collect { decodeOne(it) } }
    }

    static List decodeBatch(List<String> batch) {
        try {
            def found = statements(batch.collect { "x(\n$it\n)\n" }.join(''))
            if (found.size() != batch.size()) return null
            def values = found.collect { value(it) }
            return values.every { it != null } ? values.collect { [value: it] } : null
        } catch (CompilationFailedException ignored) {
            return null
        }
    }

    static Map decodeOne(String literal) {
        try {
            def found = statements("x(\n$literal\n)\n")
            def text = found.size() == 1 ? value(found[0]) : null
            return text == null ? [error: 'not one constant string'] : [value: text]
        } catch (CompilationFailedException e) {
            return [error: e.message]
        }
    }

    static List<Statement> statements(String source) {
        def unit = new CompilationUnit(FileJudge.configuration())
        def added = unit.addSource('Literals', source)
        unit.compile(Phases.CONVERSION)
        return added.AST.statementBlock.statements
    }

    static String value(Statement statement) {
        def call = statement instanceof ExpressionStatement ? statement.expression : null
        def args = call instanceof MethodCallExpression ? JenkinsfileWalk.arguments(call) : []
        return args.size() == 1 ? JenkinsfileConstants.fold(args[0]) : null
    }
}

def request = new JsonSlurper().parse(new File(args[0]), 'UTF-8')
def answer = [
    files: (request.files ?: []).collectEntries { [it, FileJudge.judge(it)] },
    literals: Literals.decode(request.literals ?: []),
]
// Escaped to ASCII by JsonOutput: the locale has no say.
println JsonOutput.toJson(answer)
