import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.syntax.Types

/** The text of a constant, of constants added up, or of one with its indentation stripped; null for anything else. */
class JenkinsfileConstants {
    static String fold(Expression e) {
        if (e instanceof ConstantExpression) {
            return e.value instanceof String ? e.value : null
        }
        if (e instanceof BinaryExpression && e.operation.type == Types.PLUS) {
            def left = fold(e.leftExpression), right = fold(e.rightExpression)
            return left == null || right == null ? null : left + right
        }
        if (e instanceof MethodCallExpression && e.methodAsString in ['stripIndent', 'stripMargin', 'trim'] &&
                e.arguments instanceof TupleExpression && e.arguments.expressions.empty) {
            return fold(e.objectExpression)?."${e.methodAsString}"()
        }
        return null
    }
}
