"""Configs with everything that YAML has: the laws hold for them too."""

ODD = {
    "a key with a question mark, and properties with comments": """\
pipelines:
  ? test   # key
  : # value
    blubberfile: &f   # anchor
      # inside
      !!str blubber.yaml # x
    "variants": {'test': [unit, 'lint' ], production: false}
x-later: *f
""",
    "anchors that move, go away and are used after": """\
pipelines:
  test: &whole
    blubberfile: &inl
      version: v4
      x: |+
        text

      variants: {unit: {}, production: {}}   # in
      y: >2-
          a
         b
    variants: &v
      test: &t [unit]   # T
      production: &p production # P
  web:
    blubberfile: *inl
    variants: {test: *t, production: *p} # W
x-after: {w: *whole, t: *t, i: *inl}
x-2: *v
""",
    "a document in braces on the line of its marker": """\
--- # doc
{pipelines: {test: {variants: {test: [unit, # a
 lint], # b
 production: false # c
 } # d
 } # e
 } # f
} # g
# h
""",
    "texts over several lines, and aliases of keys": """\
- name: "un\\
   it"     # folded
  stage: test
- &x
  name: lint # l
  stage: &s
    test
- name: mocha
  stage: *s   # alias
  variant: >-   # header
    mocha
  # end
""",
    "a comment wherever there is room for one": """\
pipelines:
  test:
    execution: [unit]   # e
    stages:
    - # dash
      name: unit # n
      # p
      publish: # q
      - # r
        type: files # s
        # t
        paths: # u
        # v
        - a # w
        # x
        -   b/* # y
      # z
""",
    "tags": """\
pipelines:
  test: !!map
    blubberfile: !!str blubber.yaml
    variants: !!map {production: !!bool false, test: !!seq [!!str unit]}
concurrency: !!int 2
""",
}
