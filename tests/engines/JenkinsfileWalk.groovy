/*
 * Walks the syntax tree of a Jenkinsfile, method by method, and notes what Jenkins would break on.
 */

import org.codehaus.groovy.ast.*
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.syntax.Types

class JenkinsfileWalk extends CodeVisitorSupport {
    List errors = []
    List scripts = []
    Map counts = [:]
    Map<String, MethodNode> methods
    String method
    boolean nonCps
    boolean throwing
    int closures
    Map lists = [:]

    void flag(String rule, ASTNode node, String message) {
        errors << [rule: rule, line: node.lineNumber, method: method, message: message]
    }

    void limit(String what, ASTNode node, int size) {
        if (size > JenkinsKnows.LIMITS[what]) {
            flag("too-many-$what", node, "$size $what, the limit is ${JenkinsKnows.LIMITS[what]}")
        }
    }

    void walk(MethodNode node, String name) {
        method = name
        nonCps = isNonCps(node)
        lists = [:]
        node.parameters.each { noteList(it.name, it.type, null) }
        counts[method] = 0
        throwing = false
        node.code.visit(new CodeVisitorSupport() {
            void visitThrowStatement(ThrowStatement it) { JenkinsfileWalk.this.throwing = true }
        })
        node.code.visit(this)
        if (!nonCps) {
            limit('nodes', node, counts[method])
        }
    }

    static boolean isNonCps(MethodNode node) {
        node.annotations.any { it.classNode.nameWithoutPackage == 'NonCPS' }
    }

    void noteList(String name, ClassNode type, Expression value) {
        lists[name] = type.array || type.nameWithoutPackage in JenkinsKnows.LIST_TYPES || (value != null && isList(value))
    }

    boolean isList(Expression e) {
        if (e instanceof ListExpression) return true
        if (e instanceof VariableExpression) return lists[e.name]
        if (e instanceof CastExpression) return e.type.array || e.type.nameWithoutPackage in JenkinsKnows.LIST_TYPES
        if (e instanceof BinaryExpression) {
            return e.operation.type in [Types.PLUS, Types.MINUS] && isList(e.leftExpression)
        }
        return e instanceof MethodCallExpression && e.methodAsString in JenkinsKnows.MAKES_LIST
    }

    static List<Expression> arguments(MethodCallExpression call) {
        call.arguments instanceof TupleExpression ? call.arguments.expressions : [call.arguments]
    }

    /** Whether a step, or a method of the file that may call one, is called below. */
    boolean crosses(ASTNode node) {
        boolean found = false
        node.visit(new CodeVisitorSupport() {
            void visitMethodCallExpression(MethodCallExpression call) {
                found = found || (call.implicitThis && JenkinsfileWalk.this.isCps(call.methodAsString))
                super.visitMethodCallExpression(call)
            }
        })
        return found
    }

    boolean isCps(String name) {
        name in JenkinsKnows.STEPS || (methods[name] != null && !isNonCps(methods[name]))
    }

    // ---- statements ----

    void visitBlockStatement(BlockStatement it) {
        limit('statements', it, it.statements.size())
        super.visitBlockStatement(it)
    }

    void visitForLoop(ForStatement it) {
        def over = it.collectionExpression
        if (!nonCps && !(over instanceof ClosureListExpression) && !isList(over)) {
            flag('for-in', over, "`for (… in ${over.text})`: only a list survives a step; use entrySet() or a literal")
        }
        super.visitForLoop(it)
    }

    void visitCatchStatement(CatchStatement it) {
        if (it.exceptionType.nameWithoutPackage in ['Object', 'Exception', 'Throwable'] && !throwing) {
            flag('catch-all', it, 'catches the abort and time-out exceptions too: rethrow')
        }
        super.visitCatchStatement(it)
    }

    // ---- expressions: each counts as a node of its method ----

    void visitConstantExpression(ConstantExpression it) {
        counts[method]++
        if (it.value instanceof String) {
            limit('string', it, it.value.getBytes('UTF-8').length)
        }
    }

    void visitListExpression(ListExpression it) {
        counts[method]++
        limit('list', it, it.expressions.size())
        super.visitListExpression(it)
    }

    void visitMapExpression(MapExpression it) {
        counts[method]++
        limit('map', it, it.mapEntryExpressions.size())
        super.visitMapExpression(it)
    }

    void visitClosureExpression(ClosureExpression it) {
        counts[method]++
        it.parameters?.each { parameter -> noteList(parameter.name, parameter.type, null) }
        closures++
        super.visitClosureExpression(it)
        closures--
    }

    void visitGStringExpression(GStringExpression it) {
        counts[method]++
        super.visitGStringExpression(it)
    }

    void visitVariableExpression(VariableExpression it) {
        counts[method]++
        if (it.accessedVariable instanceof DynamicVariable && !(it.name in JenkinsKnows.GLOBALS)) {
            flag('undeclared', it, "`${it.name}` is declared nowhere")
        }
    }

    void visitPropertyExpression(PropertyExpression it) {
        counts[method]++
        if (it.propertyAsString in JenkinsKnows.FORBIDDEN_PROPERTIES) {
            flag('sandbox', it, "`.${it.propertyAsString}` is refused by the sandbox")
        }
        super.visitPropertyExpression(it)
    }

    void visitClassExpression(ClassExpression it) {
        counts[method]++
        if (it.type.nameWithoutPackage in JenkinsKnows.FORBIDDEN_CLASSES) {
            flag('sandbox', it, "`${it.type.nameWithoutPackage}` is refused by the sandbox")
        }
    }

    void visitDeclarationExpression(DeclarationExpression it) {
        if (it.leftExpression instanceof VariableExpression) {
            noteList(it.leftExpression.name, it.leftExpression.type, it.rightExpression)
        }
        super.visitDeclarationExpression(it)
    }

    void visitBinaryExpression(BinaryExpression it) {
        counts[method]++
        if (it.operation.type == Types.FIND_REGEX && !nonCps) {
            flag('matcher', it, 'a regex Matcher does not survive a step: use `==~` or a @NonCPS method')
        }
        super.visitBinaryExpression(it)
    }

    void visitConstructorCallExpression(ConstructorCallExpression it) {
        counts[method]++
        if (!(it.type.nameWithoutPackage in JenkinsKnows.CONSTRUCTORS)) {
            flag('sandbox', it, "`new ${it.type.nameWithoutPackage}` is not known to pass the sandbox")
        }
        super.visitConstructorCallExpression(it)
    }

    void visitStaticMethodCallExpression(StaticMethodCallExpression it) {
        counts[method]++
        if (it.ownerType.nameWithoutPackage in JenkinsKnows.FORBIDDEN_CLASSES) {
            flag('sandbox', it, "`${it.ownerType.nameWithoutPackage}.${it.method}` is refused by the sandbox")
        }
        super.visitStaticMethodCallExpression(it)
    }

    void visitMethodCallExpression(MethodCallExpression it) {
        counts[method] += 2
        String name = it.methodAsString
        if (it.implicitThis || it.objectExpression.text in ['this', 'steps']) {
            ownCall(it, name)
        } else {
            callOn(it, name)
        }
        super.visitMethodCallExpression(it)
    }

    void ownCall(MethodCallExpression it, String name) {
        if (nonCps && isCps(name)) {
            flag('step-in-noncps', it, "`$name` is called from a @NonCPS method: it returns there, silently")
        }
        boolean variable = it.method instanceof ConstantExpression && lists.containsKey(name)
        if (name in JenkinsKnows.FORBIDDEN_METHODS) {
            flag('sandbox', it, "`$name` is refused by the sandbox")
        } else if (!(name in JenkinsKnows.STEPS || name in JenkinsKnows.SYMBOLS || name in JenkinsKnows.SCRIPT_METHODS || methods[name] != null ||
                variable)) {
            flag('unknown-step', it, "`$name` is neither a known step nor a method of this file")
        }
        if (name == 'sh') {
            script(it)
        }
    }

    void callOn(MethodCallExpression it, String name) {
        def closure = arguments(it).find { a -> a instanceof ClosureExpression }
        if (name in JenkinsKnows.FORBIDDEN_METHODS) {
            flag('sandbox', it, "`.$name()` is refused by the sandbox")
        }
        if (closure == null || nonCps) {
            return
        }
        if (name in JenkinsKnows.NOT_CPS) {
            flag('closure-not-cps', it, "`.$name { }` does not work on Jenkins outside a @NonCPS method")
        }
        if (it.objectExpression instanceof RangeExpression && crosses(closure.code)) {
            flag('range-each', it, "a step inside `(…..…).$name { }`: a range does not survive it")
        }
    }

    void script(MethodCallExpression call) {
        def args = arguments(call), label = null, body = null
        args.each { a ->
            if (a instanceof MapExpression) {
                a.mapEntryExpressions.each { entry ->
                    String key = JenkinsfileConstants.fold(entry.keyExpression)
                    if (key == 'script') body = entry.valueExpression
                    if (key == 'label') label = JenkinsfileConstants.fold(entry.valueExpression)
                }
            } else {
                body = a
            }
        }
        String text = body == null ? null : JenkinsfileConstants.fold(body)
        String kind = text != null ? 'constant' : body instanceof GStringExpression ? 'gstring' : 'dynamic'
        scripts << [method: method, line: call.lineNumber, label: label, kind: kind,
                    script: kind == 'gstring' ? body.text : text]
    }
}
