// The rules of CodeNarc that a Jenkinsfile has to keep, and why not the others.

ruleset {
    ruleset('rulesets/basic.xml') {
        exclude 'EmptyMethod' // a pipeline without stages does nothing
    }
    ruleset('rulesets/braces.xml')
    ruleset('rulesets/concurrency.xml')
    ruleset('rulesets/design.xml')
    ruleset('rulesets/exceptions.xml')
    ruleset('rulesets/generic.xml')
    ruleset('rulesets/groovyism.xml') {
        exclude 'GStringExpressionWithinString' // the ${} of a shell program is meant for the shell
    }
    ruleset('rulesets/imports.xml')
    ruleset('rulesets/jenkins.xml')
    ruleset('rulesets/naming.xml')
    ruleset('rulesets/security.xml')
    ruleset('rulesets/unnecessary.xml') {
        exclude 'UnnecessaryReturnKeyword' // with it a reader need not know that the last value is the result
    }
    ruleset('rulesets/unused.xml')
    ruleset('rulesets/convention.xml') {
        // A scripted pipeline has no types, and the last of a few entries on one line has no comma.
        exclude 'CompileStatic'
        exclude 'ImplicitClosureParameter'
        exclude 'MethodParameterTypeRequired'
        exclude 'MethodReturnTypeRequired'
        exclude 'NoDef'
        exclude 'TrailingComma'
        exclude 'VariableTypeRequired'
    }
    ruleset('rulesets/formatting.xml') {
        exclude 'ConsecutiveBlankLines' // two between parts
        exclude 'LineLength' // a shell command keeps its line
        'SpaceAroundMapEntryColon' { characterAfterColonRegex = / / }
    }
}
